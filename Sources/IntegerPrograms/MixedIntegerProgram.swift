/// A linear program some of whose variables must be whole numbers. A plain value; ``solve(_:)`` hands it to COIN-OR CBC.
///
/// ```swift
/// var knapsack = MixedIntegerProgram(.maximize)
/// let a = knapsack.addVariable("a", 0...1, integer: true), b = knapsack.addVariable("b", 0...1, integer: true)
/// knapsack.objective = 5 * a + 4 * b
/// knapsack.require("weight", 3 * a + 2 * b, atMost: 4)
/// knapsack.solve().values   // [1, 0]
/// ```
public struct MixedIntegerProgram: Equatable, Sendable {
  /// Which way the objective is to go.
  public enum Direction: Sendable {
    case minimize, maximize
  }

  /// A variable of one program, by its position.
  public struct Variable: Hashable, Sendable {
    public let index: Int
  }

  /// What the program knows of a variable.
  public struct Column: Equatable, Sendable {
    public var name: String
    public var lower: Double
    public var upper: Double
    public var isInteger: Bool
  }

  /// lower ≤ Σ coefficient · variable ≤ upper.
  public struct Constraint: Equatable, Sendable {
    /// What the constraint says, for people: several rows may carry one name, and stand or fall together in
    /// ``MixedIntegerProgram/conflict(_:)``.
    public var name: String
    public var expression: LinearExpression
    public var lower: Double
    public var upper: Double
  }

  public var direction: Direction
  public var objective = LinearExpression()
  public private(set) var columns: [Column] = []
  public private(set) var constraints: [Constraint] = []

  public init(_ direction: Direction) { self.direction = direction }

  /// A new variable within `bounds`, which may be infinite.
  public mutating func addVariable(_ name: String, _ bounds: ClosedRange<Double>, integer: Bool = false) -> Variable {
    columns.append(Column(name: name, lower: bounds.lowerBound, upper: bounds.upperBound, isInteger: integer))
    return Variable(index: columns.count - 1)
  }

  /// A variable that is 0 or 1.
  public mutating func addBinary(_ name: String) -> Variable { addVariable(name, 0...1, integer: true) }

  /// Requires lower ≤ expression ≤ upper; an infinite side asks nothing.
  public mutating func require(_ name: String, _ expression: LinearExpression, between lower: Double, and upper: Double) {
    precondition(!lower.isNaN && !upper.isNaN, "constraint \(name) has bounds \(lower) and \(upper)")
    precondition(expression.terms.allSatisfy { $0.variable.index < columns.count && $0.coefficient.isFinite }, "constraint \(name)")
    constraints.append(Constraint(name: name, expression: expression, lower: lower, upper: upper))
  }

  public mutating func require(_ name: String, _ expression: LinearExpression, atMost upper: Double) {
    require(name, expression, between: -.infinity, and: upper)
  }

  public mutating func require(_ name: String, _ expression: LinearExpression, atLeast lower: Double) {
    require(name, expression, between: lower, and: .infinity)
  }

  public mutating func require(_ name: String, _ expression: LinearExpression, equals value: Double) {
    require(name, expression, between: value, and: value)
  }

  /// The value of an expression at a point.
  public func value(_ expression: LinearExpression, at values: [Double]) -> Double {
    expression.terms.reduce(expression.constant) { $0 + $1.coefficient * values[$1.variable.index] }
  }

  /// The largest violation of a constraint, bound or whole number at a point: zero proves it feasible.
  public func violation(at values: [Double]) -> Double {
    var worst = 0.0
    for (column, x) in zip(columns, values) {
      worst = max(worst, column.lower - x, x - column.upper, column.isInteger ? (x - x.rounded()).magnitude : 0)
    }
    for constraint in constraints {
      let level = value(constraint.expression, at: values)
      worst = max(worst, constraint.lower - level, level - constraint.upper)
    }
    return worst
  }

  /// The program with only those constraints whose names are in `names`.
  func keeping(_ names: Set<String>) -> MixedIntegerProgram {
    var program = self
    program.constraints.removeAll { !names.contains($0.name) }
    return program
  }
}
