import IntegerPrograms

/// The choice of one phase order at a signal, in as few binaries as it takes: fewer to branch on, and the tree is smaller.
struct PhaseOrderChoice {
  private enum Form {
    case only
    /// Two orders: off is the first, on the second.
    case pair(MixedIntegerProgram.Variable)
    /// Four orders made of two independent choices, as left turns that lead or lag: order 2a + b.
    case square(MixedIntegerProgram.Variable, MixedIntegerProgram.Variable)
    /// One binary an order.
    case list([MixedIntegerProgram.Variable])
  }

  private let form: Form

  init(_ signal: ArterialProblem.Signal, _ program: inout MixedIntegerProgram) {
    let orders = signal.orders
    switch orders.count {
    case 0, 1: form = .only
    case 2: form = .pair(program.addBinary("order"))
    case 4 where Self.isSquare(orders): form = .square(program.addBinary("order, first half"), program.addBinary("order, second half"))
    default:
      let binaries = orders.map { _ in program.addBinary("order") }
      program.require("signal \(signal.name): one phase order", LinearExpression(binaries.map { ($0, 1) }), equals: 1)
      form = .list(binaries)
    }
  }

  /// Whether greens have equal lengths and the distances between the lines add up over two choices.
  private static func isSquare(_ orders: [ArterialProblem.PhaseOrder]) -> Bool {
    let apart = orders.map { $0.outbound.start - $0.inbound.start - $0.inbound.length }
    return orders.allSatisfy { $0.outbound.length == orders[0].outbound.length && $0.inbound.length == orders[0].inbound.length }
      && (apart[0] + apart[3] - apart[1] - apart[2]).magnitude < 1e-12
  }

  /// The value that goes with the chosen order, as an expression.
  func expression(_ values: [Double]) -> LinearExpression {
    switch form {
    case .only: LinearExpression(constant: values[0])
    case .pair(let a): LinearExpression([(a, values[1] - values[0])], constant: values[0])
    case .square(let a, let b): LinearExpression([(a, values[2] - values[0]), (b, values[1] - values[0])], constant: values[0])
    case .list(let binaries): LinearExpression(zip(binaries, values).map { ($0, $1) })
    }
  }

  /// The position of the chosen order.
  func chosen(_ point: MixedIntegerSolution) -> Int {
    switch form {
    case .only: 0
    case .pair(let a): point[a] > 0.5 ? 1 : 0
    case .square(let a, let b): (point[a] > 0.5 ? 2 : 0) + (point[b] > 0.5 ? 1 : 0)
    case .list(let binaries): binaries.firstIndex { point[$0] > 0.5 } ?? 0
    }
  }
}
