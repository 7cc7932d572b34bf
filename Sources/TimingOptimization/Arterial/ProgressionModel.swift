import IntegerPrograms

/// The variables and constraints that all bandwidth programs share: cycle, travel times, phase orders, and the loops that tie the two
/// directions together (Little 1966; Little, Kelson & Gartner 1981). Times are in cycles, so that travel times are linear in z = 1/C.
///
/// At signal i the outbound line passes w after the end of red and the inbound line w̄ before the next red. With a phase order whose
/// greens are [s, s + g] and [s̄, s̄ + ḡ], the lines are apart by Dᵢ = wᵢ + w̄ᵢ + s − s̄ − ḡ, whatever the offset. Out from i to i + 1 and
/// back takes a whole number of cycles:
///
///     Dᵢ − Dᵢ₊₁ + tᵢ + t̄ᵢ − τᵢ₊₁ − τ̄ᵢ = mᵢ
struct ProgressionModel {
  typealias Variable = MixedIntegerProgram.Variable

  let problem: ArterialProblem
  var program = MixedIntegerProgram(.maximize)
  /// 1/C [1/s].
  let z: Variable
  private(set) var t: [Variable] = []
  private(set) var tBack: [Variable] = []
  private(set) var w: [Variable] = []
  private(set) var wBack: [Variable] = []
  private(set) var choices: [PhaseOrderChoice] = []
  private(set) var m: [Variable] = []

  init(_ problem: ArterialProblem) {
    self.problem = problem
    z = program.addVariable("z", 1 / problem.cycle.upperBound...1 / problem.cycle.lowerBound)
    for signal in problem.signals {
      w.append(program.addVariable("w", 0...(signal.orders.map(\.outbound.length).max() ?? 1)))
      wBack.append(program.addVariable("w̄", 0...(signal.orders.map(\.inbound.length).max() ?? 1)))
      choices.append(PhaseOrderChoice(signal, &program))
    }
    for (i, link) in problem.links.enumerated() {
      t.append(addTravelTime(link.outbound, "link \(i + 1), outbound: progression speed"))
      tBack.append(addTravelTime(link.inbound, "link \(i + 1), inbound: progression speed"))
    }
    limitSlownessChange(t, problem.links.map(\.outbound), "outbound")
    limitSlownessChange(tBack, problem.links.map(\.inbound), "inbound")
    for i in problem.links.indices { closeLoop(i) }
  }

  /// The green of a direction at signal i, as an expression of the chosen order [cycles].
  func green(_ i: Int, _ direction: ArterialDirection) -> LinearExpression {
    chosen(i) { direction == .outbound ? $0.outbound.length : $0.inbound.length }
  }

  private func chosen(_ i: Int, _ value: (ArterialProblem.PhaseOrder) -> Double) -> LinearExpression {
    choices[i].expression(problem.signals[i].orders.map(value))
  }

  private mutating func addTravelTime(_ travel: ArterialProblem.Travel, _ name: String) -> Variable {
    let (fast, slow) = (travel.length / travel.speed.upperBound, travel.length / travel.speed.lowerBound)
    let variable = program.addVariable("t", fast / problem.cycle.upperBound...slow / problem.cycle.lowerBound)
    program.require(name, variable.expression - fast * z, atLeast: 0)
    program.require(name, variable.expression - slow * z, atMost: 0)
    return variable
  }

  private mutating func limitSlownessChange(_ t: [Variable], _ travels: [ArterialProblem.Travel], _ direction: String) {
    guard let limit = problem.maximumSlownessChange else { return }
    for i in 0..<max(0, t.count - 1) {
      // tᵢ₊₁/dᵢ₊₁ − tᵢ/dᵢ within ± limit·z, scaled by dᵢ to keep coefficients near one.
      let change = (travels[i].length / travels[i + 1].length) * t[i + 1] - t[i].expression
      let most = travels[i].length * limit
      let name = "links \(i + 1) and \(i + 2), \(direction): change of speed"
      program.require(name, change - most * z, atMost: 0)
      program.require(name, change + most * z, atLeast: 0)
    }
  }

  private mutating func closeLoop(_ i: Int) {
    func apart(_ i: Int) -> LinearExpression {
      w[i].expression + wBack[i].expression + chosen(i) { $0.outbound.start - $0.inbound.start - $0.inbound.length }
    }
    func apartRange(_ i: Int) -> ClosedRange<Double> {
      let orders = problem.signals[i].orders
      let shifts = orders.map { $0.outbound.start - $0.inbound.start - $0.inbound.length }
      let reach = zip(shifts, orders).map { $0 + $1.outbound.length + $1.inbound.length }
      return shifts.min()!...reach.max()!
    }
    let clearance = problem.signals[i + 1].outboundQueueClearance + problem.signals[i].inboundQueueClearance
    let (here, there) = (apartRange(i), apartRange(i + 1))
    let link = problem.links[i]
    let (shortest, longest) = (problem.cycle.lowerBound, problem.cycle.upperBound)
    let fast = link.outbound.length / link.outbound.speed.upperBound + link.inbound.length / link.inbound.speed.upperBound - clearance
    let slow = link.outbound.length / link.outbound.speed.lowerBound + link.inbound.length / link.inbound.speed.lowerBound - clearance
    // Narrow bounds on the integers are what keeps the tree small.
    let least = here.lowerBound - there.upperBound + min(fast / longest, fast / shortest)
    let most = here.upperBound - there.lowerBound + max(slow / shortest, slow / longest)
    let whole = program.addVariable(
      "m", (least - 1e-6).rounded(.up)...max((least - 1e-6).rounded(.up), (most + 1e-6).rounded(.down)), integer: true)
    m.append(whole)
    var loop = apart(i) - apart(i + 1) + t[i].expression + tBack[i].expression
    loop -= clearance * z + whole.expression
    program.require(
      "links \(i + 1): both directions through signals \(problem.signals[i].name) and \(problem.signals[i + 1].name)",
      loop, equals: 0)
  }
}

extension MixedIntegerProgram.Variable {
  static func + (a: Self, b: Self) -> LinearExpression { a.expression + b.expression }
}
