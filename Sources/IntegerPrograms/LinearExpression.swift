/// A sum of variables times coefficients, plus a constant.
public struct LinearExpression: Equatable, Sendable {
  /// Variables and their coefficients, in the order written; a variable may appear more than once.
  public var terms: [(variable: MixedIntegerProgram.Variable, coefficient: Double)]
  public var constant: Double

  public init(_ terms: [(variable: MixedIntegerProgram.Variable, coefficient: Double)] = [], constant: Double = 0) {
    self.terms = terms
    self.constant = constant
  }

  public static func == (a: LinearExpression, b: LinearExpression) -> Bool {
    a.constant == b.constant && a.terms.elementsEqual(b.terms) { $0 == $1 }
  }

  public static func + (a: LinearExpression, b: LinearExpression) -> LinearExpression {
    LinearExpression(a.terms + b.terms, constant: a.constant + b.constant)
  }
  public static func - (a: LinearExpression, b: LinearExpression) -> LinearExpression { a + -1 * b }
  public static func * (factor: Double, a: LinearExpression) -> LinearExpression {
    LinearExpression(a.terms.map { ($0.variable, factor * $0.coefficient) }, constant: factor * a.constant)
  }
  public static func + (a: LinearExpression, b: Double) -> LinearExpression { LinearExpression(a.terms, constant: a.constant + b) }
  public static func - (a: LinearExpression, b: Double) -> LinearExpression { a + -b }
  public static func += (a: inout LinearExpression, b: LinearExpression) {
    a.terms += b.terms
    a.constant += b.constant
  }
  public static func -= (a: inout LinearExpression, b: LinearExpression) { a += -1 * b }
}

extension MixedIntegerProgram.Variable {
  /// The variable as an expression: itself, once.
  public var expression: LinearExpression { LinearExpression([(self, 1)]) }

  public static func * (factor: Double, variable: MixedIntegerProgram.Variable) -> LinearExpression {
    LinearExpression([(variable, factor)])
  }
}
