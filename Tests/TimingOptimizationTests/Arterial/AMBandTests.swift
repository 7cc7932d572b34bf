import IntegerPrograms
import Testing

@testable import TimingOptimization

/// AM-Band and MULTIBAND against every timing of a small street on a grid of 24 steps a cycle.
///
/// All data are whole steps. For given offsets and places of the two progression lines the bands that fit are plain minima; offsets and
/// lines enter only by differences, so one of the best AM-Band timings lies on the grid, and trying all of them is an oracle that shares
/// nothing with the program. Symmetric bands are halved, which the grid of half steps holds.
@Suite("AM-Band against exhaustive search")
struct AMBandTests {
  static let steps = 24

  struct Street {
    var greens: [(outbound: Int, inbound: Int)]
    var travel: [Int]
    var volumes: [(outbound: Double, inbound: Double)]

    var problem: ArterialProblem {
      let n = Double(AMBandTests.steps)
      return ArterialProblem(
        signals: greens.enumerated().map { k, g in
          ArterialProblem.Signal(
            "\(k + 1)",
            orders: [
              .init(
                "", outbound: .init(start: 0, length: Double(g.outbound) / n), inbound: .init(start: 0, length: Double(g.inbound) / n))
            ])
        },
        links: zip(travel, volumes).map { t, v in
          func way(_ volume: Double) -> ArterialProblem.Travel {
            .init(length: Double(t), speed: 1...1, volume: volume, saturationFlow: 1000)
          }
          return ArterialProblem.Link(outbound: way(v.outbound), inbound: way(v.inbound))
        }, cycle: n...n)
    }

    /// The best objective over all offsets and lines; bands are whole steps on either side of the line.
    func best(symmetric: Bool) -> Double {
      let n = AMBandTests.steps
      let last = greens.count - 1
      var most = 0.0
      var offsets = [Int](repeating: 0, count: greens.count)
      /// The best line of one direction: where in each green it passes, if it does.
      func direction(outbound: Bool) -> Double {
        var best = -1.0
        var into: [Int] = []
        let order = outbound ? Array(0...last) : Array((0...last).reversed())
        for line in 0..<n {
          var at = line
          into.removeAll(keepingCapacity: true)
          var passes = true
          for (k, s) in order.enumerated() {
            if k > 0 { at += outbound ? travel[s - 1] : travel[s] }
            let w = ((at - offsets[s]) % n + n) % n
            if w > (outbound ? greens[s].outbound : greens[s].inbound) { passes = false }
            into.append(w)
          }
          guard passes else { continue }
          var sum = 0.0
          for k in 0..<last {
            let (a, b) = (order[k], order[k + 1])
            let (ga, gb) = outbound ? (greens[a].outbound, greens[b].outbound) : (greens[a].inbound, greens[b].inbound)
            let before = min(into[k], into[k + 1]), after = min(ga - into[k], gb - into[k + 1])
            let link = min(a, b)
            let weight = (outbound ? volumes[link].outbound : volumes[link].inbound) / 1000 / Double(last)
            sum += weight * Double(symmetric ? 2 * min(before, after) : before + after) / Double(n)
          }
          best = max(best, sum)
        }
        return best
      }
      func place(_ k: Int) {
        guard k <= last else {
          let out = direction(outbound: true)
          if out >= 0 {
            let back = direction(outbound: false)
            if back >= 0 { most = max(most, out + back) }
          }
          return
        }
        for o in 0..<n {
          offsets[k] = o
          place(k + 1)
        }
      }
      place(1)
      return most
    }
  }

  static let streets = [
    Street(greens: [(10, 11), (13, 8), (11, 12)], travel: [8, 13], volumes: [(900, 400), (700, 800)]),
    Street(greens: [(8, 8), (8, 8), (16, 6)], travel: [12, 19], volumes: [(300, 900), (600, 600)]),
  ]

  @Test(arguments: 0..<2) func noTimingOnTheGridBeatsTheProgram(_ k: Int) {
    let street = Self.streets[k]
    let solution = MULTIBANDProgram.amBand(street.problem).solve()
    #expect(solution.certificate.status == .optimal)
    #expect(abs(solution.certificate.objective - street.best(symmetric: false)) < 1e-6, "\(solution.certificate.objective)")
    // Symmetric bands may want half a step: the grid is then within a step on each link of the program, never above it.
    let multiband = MULTIBANDProgram(street.problem).solve().certificate.objective
    let symmetric = street.best(symmetric: true)
    #expect(symmetric <= multiband + 1e-6 && multiband - symmetric < 0.05, "\(symmetric) against \(multiband)")
    #expect(multiband <= solution.certificate.objective + 1e-9, "freedom never costs")
  }
}
