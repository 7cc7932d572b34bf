import COpenBLAS

/// The inner product of two vectors of equal length.
public func dot(_ x: [Double], _ y: [Double]) -> Double {
  precondition(x.count == y.count, "dot product of \(x.count) and \(y.count) elements")
  _ = BLAS.ready
  return cblas_ddot(CInt(x.count), x, 1, y, 1)
}

/// The Euclidean norm, guarded against overflow.
public func euclideanNorm(_ x: [Double]) -> Double {
  _ = BLAS.ready
  return cblas_dnrm2(CInt(x.count), x, 1)
}

/// The largest absolute value; 0 for an empty vector.
public func infinityNorm(_ x: [Double]) -> Double { x.reduce(0) { max($0, $1.magnitude) } }

/// `y ← a·x + y`.
public func addScaled(_ a: Double, _ x: [Double], to y: inout [Double]) {
  precondition(x.count == y.count, "adding \(x.count) elements to \(y.count)")
  _ = BLAS.ready
  cblas_daxpy(CInt(x.count), a, x, 1, &y, 1)
}
