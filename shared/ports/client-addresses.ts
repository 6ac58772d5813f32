/** Of a request, what says where it came from. */
export interface AddressedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Tells clients apart by their addresses. */
export interface ClientAddresses {
  /** The address of the client, as far as it can be believed; empty once its connection is gone. */
  of(request: AddressedRequest): string;
  /** What counts as one client: an IPv4 address, or the /64 of an IPv6 address. */
  groupOf(address: string): string;
  /** Whether the address is that of a proxy which speaks for many clients. */
  isProxy(address: string): boolean;
}
