import ArgumentParser
import Foundation
import Greenwave

/// Time and memory of one update of a city's flows.
struct FlowBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flows", abstract: "One update of all flows of a grid city, with variances, one thread.")
  @Option(help: "Directed links.") var links = 20_000
  @Option(help: "Share of links measured.") var measured = 0.3
  @Option(help: "Updates timed.") var updates = 8
  @Option(help: "Updates between two computations of all variances.") var varianceRefresh = 4

  func run() throws {
    let side = max(2, Int((Double(links) / 4).squareRoot().rounded()))
    let network = Self.grid(side)
    var random = RandomStream(seed: 1, stream: 3)
    let chosen = random.permutation(network.linkCount).prefix(Int(Double(network.linkCount) * measured))
    let start = processorSeconds()
    let estimator = FlowEstimator(network)
    var filter = FlowFilter(estimator, intervalSeconds: 300, window: 4, refresh: 1_000_000, varianceRefresh: varianceRefresh)
    var spent: [Double] = [], refactored: [Double] = []
    var first = 0.0
    for k in 0...updates {
      var evidence = LoopEvidence(intervals: 1, intervalSeconds: 300)
      for i in chosen {
        let count = Double(random.poisson(mean: 25 * network.lanes[i]))
        var site = LoopEvidence.Site(row: i, end: .end, totals: [count], trusted: [true])
        site.groups = [.init(lane: 0, movements: network.outgoing[i], counts: [count])]
        evidence.sites.append(site)
      }
      let before = processorSeconds()
      let estimate = filter.take(evidence)
      let used = processorSeconds() - before
      if k == 0 { first = used } else if k % varianceRefresh == 0 { refactored.append(used) } else { spent.append(used) }
      precondition(estimate.linkVariance.allSatisfy { $0 > 0 && $0.isFinite }, "every flow has its variance")
    }
    func milliseconds(_ v: [Double]) -> String {
      v.isEmpty
        ? "–"
        : "\(NumberText.fixed(1000 * v.reduce(0, +) / Double(v.count), 0)) ms (worst \(NumberText.fixed(1000 * (v.max() ?? 0), 0)) ms)"
    }
    let setUp = processorSeconds() - start - spent.reduce(0, +) - refactored.reduce(0, +) - first
    print(
      "\(network.linkCount) links, \(network.movementCount) movements, processor time of one thread: setting up \(NumberText.fixed(setUp, 2)) s, "
        + "structure and first interval \(NumberText.fixed(first, 2)) s; update with variances carried \(milliseconds(spent)), "
        + "with all variances anew \(milliseconds(refactored)); peak memory \(peakMegabytes()) MB")
  }

  /// A grid of `side` × `side` junctions, four links at each, lanes and speeds by street.
  static func grid(_ side: Int) -> FlowNetwork {
    var net = FlowNetwork(RoadNetwork())
    var rowOf: [Int: Int] = [:]
    let steps = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    func add(_ x: Int, _ y: Int, _ d: Int) {
      // Link that arrives at (x, y) heading `d`.
      rowOf[(x * side + y) * 4 + d] = net.link.count
      net.link.append(LinkID(net.link.count))
      net.linkName.append("\(x)_\(y)_\(d)")
      let street = d % 2 == 0 ? y : x
      net.lanes.append(street % 4 == 0 ? 2 : 1)
      net.speed.append(13.9)
      net.length.append(200)
      net.priority.append(0)
      net.roadClass.append(street % 4 == 0 ? 1 : 0)
      let fromX = x - steps[d].0, fromY = y - steps[d].1, toX = x + steps[d].0, toY = y + steps[d].1
      net.isEntry.append(!(0..<side).contains(fromX) || !(0..<side).contains(fromY))
      net.isExit.append(!(0..<side).contains(toX) || !(0..<side).contains(toY))
    }
    for x in 0..<side { for y in 0..<side { for d in 0..<4 { add(x, y, d) } } }
    net.roadClasses = 2
    net.outgoing = [[Int32]](repeating: [], count: net.link.count)
    net.incoming = net.outgoing
    net.opposite = [Int32](repeating: -1, count: net.link.count)
    for x in 0..<side {
      for y in 0..<side {
        for d in 0..<4 {
          let a = rowOf[(x * side + y) * 4 + d]!
          for (turn, change) in [(Turn.straight, 0), (.left, 1), (.right, 3)] {
            let heading = (d + change) % 4
            let tx = x + steps[heading].0, ty = y + steps[heading].1
            guard (0..<side).contains(tx), (0..<side).contains(ty), let b = rowOf[(tx * side + ty) * 4 + heading] else { continue }
            let k = Int32(net.movement.count)
            net.movement.append(MovementID(Int(k)))
            net.from.append(Int32(a))
            net.to.append(Int32(b))
            net.turn.append(turn)
            net.servingLanes.append(1)
            net.outgoing[a].append(k)
            net.incoming[b].append(k)
          }
          let ox = x - steps[d].0, oy = y - steps[d].1
          if (0..<side).contains(ox), (0..<side).contains(oy) { net.opposite[a] = Int32(rowOf[(ox * side + oy) * 4 + (d + 2) % 4]!) }
        }
      }
    }
    return net
  }
}
