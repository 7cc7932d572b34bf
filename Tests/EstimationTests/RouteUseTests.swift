import Testing
import TrafficModel

@testable import Estimation

/// Ways from where roads enter to where they leave, on a road with a detour of two kilometres beside it:
///
///   in ──→ out
///    └→ detour ─↗
struct RouteUseTests {
  @Test func nobodyIsThoughtToTakeTheDetour() {
    var net = FlowNetwork(RoadNetwork())
    net.link = (0..<3).map { LinkID($0) }
    net.linkName = ["in", "out", "detour"]
    net.lanes = [1, 1, 1]
    net.speed = [13.9, 13.9, 13.9]
    net.length = [200, 200, 2000]
    net.priority = [0, 0, 0]
    net.roadClass = [0, 0, 0]
    net.isEntry = [true, false, false]
    net.isExit = [false, true, false]
    net.from = [0, 0, 2]
    net.to = [1, 2, 1]
    net.turn = [.straight, .left, .right]
    net.movement = (0..<3).map { MovementID($0) }
    net.servingLanes = [1, 1, 1]
    net.isSignalled = [false, false, false]
    net.outgoing = [[0, 1], [], [2]]
    net.incoming = [[], [0, 2], [1]]
    net.opposite = [-1, -1, -1]
    let settings = FlowEstimationSettings()
    let use = routeUse(net, settings)
    #expect(use.share[0] == 1 && use.share[1] == 0)
    #expect(use.share[2] == nil, "no way leads over the detour")
    #expect(use.logUse[2] < use.logUse[0])
    let flow = [Double](repeating: 6, count: 3)
    let plain = turningPrior(net, use: use, belief: .nothing, logFlow: flow, settings: settings)
    let routed = turningPrior(net, use: use, belief: .routes, logFlow: flow, settings: settings)
    #expect(routed[1] < 0.5 * plain[1] && routed[1] > 0, "rarer, not impossible")
    #expect(abs(routed[0] + routed[1] - 1) < 1e-12)
  }
}
