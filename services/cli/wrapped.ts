/** Words in lines of at most so many characters; a longer word is cut. */
export function wrapped(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => one.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [''])) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** A paragraph for a terminal of so many columns, each line indented; in one line where it is none. */
export function paragraph(text: string, indent: string, columns: number | undefined): string {
  const lines = columns === undefined ? [text] : wrapped(text, Math.max(20, columns - indent.length));
  return lines.map((line) => `${indent}${line}\n`).join('');
}
