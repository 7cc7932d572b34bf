import Foundation
import IntegerPrograms
import TestSupport
import Testing

@testable import TimingOptimization

/// Little's ten signals on Euclid Avenue, Cleveland (Operations Research 14, 1966), as they stand in LINDO's model library, and the
/// alternate, double-alternate and simultaneous systems of every textbook.
@Suite("Bandwidth oracles")
struct BandwidthOracleTests {
  static let spacing: [Double] = [168, 213, 335, 213, 244, 198, 122, 213, 137]
  static let greens = [0.53, 0.6, 0.6, 0.53, 0.52, 0.58, 0.6, 0.6, 0.6, 0.58]

  static func euclid(cycle: ClosedRange<Double>, speed: ClosedRange<Double>, change: Double? = nil) -> ArterialProblem {
    ArterialProblem(
      signals: greens.enumerated().map { .init("\($0 + 1)", outboundGreen: $1, inboundGreen: $1) },
      links: spacing.map { .init(length: $0, speed: speed) }, cycle: cycle, maximumSlownessChange: change)
  }

  static func certify(_ problem: ArterialProblem, _ solution: ArterialSolution) throws -> ArterialTiming {
    #expect(solution.certificate.status == .optimal)
    #expect(solution.certificate.gap < 1e-6)
    let timing = try #require(solution.timing)
    let geometry = BandGeometry(problem, timing)
    #expect(geometry.violation(of: timing) < 1e-6)
    #expect(geometry.throughBand(.outbound) > timing.outboundBandwidth - 1e-6)
    #expect(geometry.throughBand(.inbound) > timing.inboundBandwidth - 1e-6)
    return timing
  }

  @Test("Euclid Avenue with free cycle and speeds: total band 0.562827")
  func little() throws {
    let problem = Self.euclid(cycle: 55...75, speed: 13.4...17.9, change: 0.0121)
    try problem.check()
    let timing = try Self.certify(problem, MAXBANDProgram(problem, balance: .equal).solve())
    #expect((timing.outboundBandwidth + timing.inboundBandwidth - 0.562827).magnitude < 1e-5)
    #expect((timing.outboundBandwidth - 0.281414).magnitude < 1e-5)
    #expect(timing.cycle >= 55 && timing.cycle <= 75)
  }

  @Test("Euclid Avenue at fixed cycle and speed", arguments: [(65.0, 15.24, 0.23459), (57.9322, 17.9, 0.18616)])
  func fixed(cycle: Double, speed: Double, expected: Double) throws {
    let problem = Self.euclid(cycle: cycle...cycle, speed: speed...speed)
    let timing = try Self.certify(problem, MAXBANDProgram(problem, balance: .equal).solve())
    #expect((timing.outboundBandwidth - expected).magnitude < 1e-5)
    // With everything fixed the diagram can have no wider pair of bands than the program found.
    let geometry = BandGeometry(problem, timing)
    #expect((min(geometry.throughBand(.outbound), geometry.throughBand(.inbound)) - expected).magnitude < 1e-5)
  }

  /// Morgan & Little's theorem (1964): for equal bands at fixed speeds, red centres half a cycle apart or in step suffice.
  @Test("All 512 half-cycle synchronisations of Euclid Avenue: none beats the program")
  func exhaustive() {
    let problem = Self.euclid(cycle: 65...65, speed: 15.24...15.24)
    let travel = Self.spacing.map { $0 / 15.24 }
    var best = 0.0
    for code in 0..<512 {
      let offsets = [0.0] + (0..<9).map { code >> $0 & 1 == 1 ? 32.5 : 0 }
      let geometry = BandGeometry(problem, cycle: 65, offsets: offsets, outboundTravel: travel, inboundTravel: travel)
      best = max(best, min(geometry.throughBand(.outbound), geometry.throughBand(.inbound)))
    }
    #expect((best - 0.23459).magnitude < 1e-5)
  }

  @Test(
    "Four equally spaced signals with half red: alternate, double alternate, simultaneous",
    arguments: [(0.5, 0.5), (0.25, 0.25), (1.0, 0.5), (0.125, 0.125)])
  func alternate(time: Double, expected: Double) throws {
    let problem = ArterialProblem(
      signals: (1...4).map { .init("\($0)", outboundGreen: 0.5, inboundGreen: 0.5) },
      links: (0..<3).map { _ in .init(length: time, speed: 1...1) }, cycle: 1...1)
    let timing = try Self.certify(problem, MAXBANDProgram(problem, balance: .equal).solve())
    #expect((timing.outboundBandwidth - expected).magnitude < 1e-9)
    #expect((timing.inboundBandwidth - expected).magnitude < 1e-9)
  }

  @Test("The oracle file says the same", .enabled(if: SharedData.has("reference/oracles.json"), "no shared reference"))
  func file() throws {
    let url = try #require(SharedData.url("reference/oracles.json"))
    let records = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [[String: Any]])
    let little = try #require(records.first { $0["id"] as? String == "little1966_euclid_milp" })
    let inputs = try #require(little["inputs"] as? [String: Any])
    #expect(inputs["link_m"] as? [Double] == Self.spacing)
    #expect(inputs["green"] as? [Double] == Self.greens)
    let expected = try #require(little["expected"] as? [String: Any])
    #expect(expected["total_band"] as? Double == 0.562827)
  }
}
