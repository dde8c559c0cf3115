/** The shape of a product of matrices: `rows` by `inner` times `inner` by `columns`. */

export interface Shape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}
