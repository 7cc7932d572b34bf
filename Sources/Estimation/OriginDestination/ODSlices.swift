import LinearAlgebra

/// One slice of time of an origin–destination estimate.
public struct ODSlice: Sendable {
  /// Flows that set out in this slice, before counts; all positive.
  public var prior: [Double]
  /// Shares, counted links by flows: entry `lag` tells how those that set out `lag` slices before pass the links in this slice.
  public var assignment: [SparseMatrix]
  public var counts: [Double]

  public init(prior: [Double], assignment: [SparseMatrix], counts: [Double]) {
    precondition(!assignment.isEmpty, "a slice without an assignment")
    self.prior = prior
    self.assignment = assignment
    self.counts = counts
  }
}

/// Origin–destination flows slice by slice (Cascetta, Inaudi & Marquis, Transportation Science 27, 1993, the sequential estimator).
///
/// What earlier slices send over a link is taken from its count, and their variance added to the count's. What a slice's flows were found
/// to be beside their prior is expected, by the share `memory`, of the next slice too: demand that is higher than thought stays so for a
/// while.
///
/// - Parameters:
///   - priorSpread: standard deviation of a flow as a share of its prior.
///   - countVariance: of a count, from the count.
public func slicedOD(
  _ slices: [ODSlice], priorSpread: Double, memory: Double = 0.7, countVariance: (Double) -> Double = { max($0, 1) }
) throws(FactorizationError) -> [ODSolution] {
  precondition(priorSpread > 0 && memory >= 0 && memory <= 1, "a spread of \(priorSpread), a memory of \(memory)")
  var solutions: [ODSolution] = []
  for (t, slice) in slices.enumerated() {
    var counts = slice.counts
    var variance = slice.counts.map(countVariance)
    for lag in slice.assignment.indices.dropFirst() where t - lag >= 0 {
      let a = slice.assignment[lag], earlier = solutions[t - lag]
      for (k, passing) in (a * earlier.flows).enumerated() { counts[k] -= passing }
      let squares = SparseMatrix(
        rows: a.rows, columns: a.columns, starts: a.starts, rowIndices: a.rowIndices, values: a.values.map { $0 * $0 })
      for (k, v) in (squares * earlier.variance).enumerated() { variance[k] += v }
    }
    var prior = slice.prior
    if t > 0 {
      for i in prior.indices {
        let ratio = solutions[t - 1].flows[i] / slices[t - 1].prior[i]
        prior[i] *= max(1e-3, 1 + memory * (ratio - 1))
      }
    }
    solutions.append(
      try leastSquaresOD(
        ODProblem(prior: prior, assignment: slice.assignment[0], counts: counts),
        priorVariance: prior.map { priorSpread * priorSpread * $0 * $0 }, countVariance: variance))
  }
  return solutions
}
