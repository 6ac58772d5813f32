import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/**
 * JSON Schemas for `components.schemas` of a document: requests as they may be sent (defaults optional), responses as they are answered.
 * @param target draft that the document's kind is of: 2020-12 for OpenAPI 3.1 (default), 7 for AsyncAPI.
 */
export function componentsOf(
  schemas: Readonly<Record<string, z.ZodType>>,
  io: 'input' | 'output',
  target: 'draft-2020-12' | 'draft-7' = 'draft-2020-12',
): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: described } = z.toJSONSchema(registry, { io, target, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(described).map(([id, { $schema: _, $id: __, id: ___, ...schema }]) => [id, schema]));
}
