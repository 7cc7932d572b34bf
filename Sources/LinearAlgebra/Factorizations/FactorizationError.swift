/// Why a matrix could not be factored: what LAPACK reports as `info > 0`, or values that are no numbers.
public enum FactorizationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The leading minor of this order (from 1) is not positive.
  case notPositiveDefinite(order: Int)
  /// The pivot at this position (from 1) is exactly zero.
  case singular(pivot: Int)
  /// An iteration for eigenvalues or singular values left this many of them unconverged.
  case noConvergence(remaining: Int)
  /// The matrix holds an infinity or a NaN.
  case notFinite

  public var description: String {
    switch self {
    case .notPositiveDefinite(let order): "the matrix is not positive definite: its leading minor of order \(order) is not positive"
    case .singular(let pivot): "the matrix is singular: pivot \(pivot) is zero"
    case .noConvergence(let remaining): "the iteration for eigenvalues or singular values left \(remaining) unconverged"
    case .notFinite: "the matrix holds an infinity or a NaN"
    }
  }
}
