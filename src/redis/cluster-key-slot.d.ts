/** The one function of this package that we use; it comes without types. */
declare module 'cluster-key-slot' {
  export default function slotOf(key: string | Buffer): number;
}
