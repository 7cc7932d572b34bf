/// What solving a mixed-integer program gave.
public struct MixedIntegerSolution: Equatable, Sendable {
  /// How the search ended.
  public enum Status: Equatable, Sendable {
    /// No better point exists, to the gap asked for.
    case optimal
    /// A limit came first: the best point found so far, at most `gap` (relative) from the optimum.
    case feasible(gap: Double)
    /// A limit came before any feasible point.
    case limitReached
    /// No point meets the constraints.
    case infeasible
    /// The objective has no limit, or its relaxation has none.
    case unbounded
    /// The solver gave up over rounding.
    case abandoned
  }

  public let status: Status
  /// One a variable, whole numbers exact; empty where no point was found.
  public let values: [Double]
  /// The objective at ``values``; NaN where there is no point.
  public let objective: Double
  /// The proven bound: no point is better than this.
  public let bound: Double
  /// |objective − bound|.
  public var absoluteGap: Double { (objective - bound).magnitude }
  /// |objective − bound| relative to the objective, as solvers report it.
  public var gap: Double { Self.relativeGap(objective, bound) }
  /// The largest violation of a constraint by ``values``.
  public let violation: Double
  /// Nodes of the branch-and-bound tree.
  public let nodes: Int
  /// Wall time [s].
  public let seconds: Double

  static func relativeGap(_ objective: Double, _ bound: Double) -> Double {
    let difference = (objective - bound).magnitude
    return difference == 0 ? 0 : difference / max(objective.magnitude, 1e-10)
  }

  /// Whether there is a point.
  public var hasPoint: Bool { !values.isEmpty }

  /// The value of a variable.
  public subscript(variable: MixedIntegerProgram.Variable) -> Double { values[variable.index] }
}

/// What to ask of the search.
public struct MixedIntegerSettings: Equatable, Sendable {
  /// Wall time at most [s].
  public var timeLimit: Double = 60
  /// Nodes at most; a limit that gives the same answer on any machine.
  public var nodeLimit: Int?
  /// Stop once the gap is proven to be below this share of the objective.
  public var relativeGap = 1e-9
  /// Stop once the gap is proven to be below this.
  public var absoluteGap = 1e-9

  /// Whether the solver looks for cutting planes. Programs whose whole numbers only choose between whole cycles gain nothing from them.
  public var usesCuts = true

  public init(timeLimit: Double = 60) { self.timeLimit = timeLimit }
}
