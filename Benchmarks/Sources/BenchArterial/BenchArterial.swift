import Foundation
import IntegerPrograms
import Statistics
import TimingOptimization

/// Bandwidth programs to proven optimality: random streets of 10, 20 and 30 signals, five of each, and SciPy's HiGHS on the very same
/// programs where Python has it.
///
///     swift run -c release --package-path Benchmarks BenchArterial [streets] [signals …]
@main
enum BenchArterial {
  static func main() {
    let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let streets = numbers.first ?? 5
    let sizes = numbers.count > 1 ? Array(numbers.dropFirst()) : [10, 20, 30]
    print("signals method      median CPU s   worst CPU s   optimal   worst gap   worst violation   HiGHS CPU s   largest difference")
    for n in sizes {
      for method in Method.allCases { report(n, method, streets) }
    }
  }

  enum Method: String, CaseIterable {
    case maxband = "MAXBAND", maxbandFixedOrder = "MAXBAND-fixed", multiband = "MULTIBAND", amband = "AM-Band"

    func program(_ street: ArterialProblem) -> (solve: () -> ArterialSolution, value: MixedIntegerProgram) {
      switch self {
      case .maxband, .maxbandFixedOrder:
        let program = MAXBANDProgram(street, balance: .ratio(inbound: 1))
        return ({ program.solve() }, program.mixedIntegerProgram)
      case .multiband:
        let program = MULTIBANDProgram(street)
        return ({ program.solve() }, program.mixedIntegerProgram)
      case .amband:
        let program = MULTIBANDProgram.amBand(street)
        return ({ program.solve() }, program.mixedIntegerProgram)
      }
    }
  }

  static func report(_ n: Int, _ method: Method, _ streets: Int) {
    var (seconds, theirs, gaps, violations, differences): ([Double], [Double], [Double], [Double], [Double]) = ([], [], [], [], [])
    var optimal = 0
    for seed in 0..<streets {
      let street = street(n, seed: UInt64(seed), choosesOrder: method != .maxbandFixedOrder)
      let (solve, value) = method.program(street)
      // Processor time: what the machine's other work does not disturb.
      let began = clock()
      let solution = solve()
      seconds.append(Double(clock() - began) / Double(CLOCKS_PER_SEC))
      gaps.append(solution.certificate.gap)
      if solution.certificate.status == .optimal { optimal += 1 }
      if let timing = solution.timing { violations.append(BandGeometry(street, timing).violation(of: timing)) }
      if let rival = HiGHS.solve(value) {
        theirs.append(rival.seconds)
        differences.append((rival.objective - solution.certificate.objective).magnitude)
      }
    }
    func text(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "-" }
    let columns = [
      "\(n)".padding(toLength: 8, withPad: " ", startingAt: 0), method.rawValue.padding(toLength: 14, withPad: " ", startingAt: 0),
      text(sampleQuantile(seconds, 0.5), "%6.2f"), text(seconds.max(), "%9.2f"), "  \(optimal) of \(streets)", text(gaps.max(), "%11.1e"),
      text(violations.max(), "%15.1e"), text(theirs.isEmpty ? nil : sampleQuantile(theirs, 0.5), "%14.2f"),
      text(differences.max(), "%18.1e"),
    ]
    print(columns.joined(separator: "  "))
  }

  /// A street of random spacing (150 to 600 m), splits, left turns and volumes; cycles of 70 to 110 s, speeds free by 15 %.
  static func street(_ n: Int, seed: UInt64, choosesOrder: Bool) -> ArterialProblem {
    var random = RandomStream(seed: seed, stream: 20)
    let signals = (0..<n).map { i in
      ArterialProblem.Signal(
        "\(i + 1)",
        orders: ArterialProblem.PhaseOrder.leadLag(
          commonRed: random.uniform(0.3, 0.45), outboundLeft: random.uniform(0.05, 0.15), inboundLeft: random.uniform(0.05, 0.15),
          allowed: choosesOrder ? ArterialProblem.PhaseOrder.LeftTurns.allCases : [.leadLead]))
    }
    let links = (0..<n - 1).map { _ in
      let (length, speed) = (random.uniform(150, 600), random.uniform(11, 16))
      func travel() -> ArterialProblem.Travel {
        .init(length: length, speed: 0.85 * speed...1.15 * speed, volume: random.uniform(300, 1500), saturationFlow: 3600)
      }
      return ArterialProblem.Link(outbound: travel(), inbound: travel())
    }
    return ArterialProblem(signals: signals, links: links, cycle: 70...110, maximumSlownessChange: 0.02)
  }
}
