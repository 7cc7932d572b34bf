import Estimation
import SignalControl
import TestSupport
import Testing
import TrafficModel

@testable import ControlLoop

/// A strategy that sees nothing but what loops tell.
@Suite struct LoopDrivenControllerTests {
  @Test func whoStandsOnALoopGetsGreen() {
    let network = RoadNetwork.crossing(), loops = SignalLoops.lay(for: network)
    let controller = LoopDrivenController(network: network, detectors: loops, base: RollingHorizonController(network: network))
    var shown = ""
    for second in 0..<30 {
      let events =
        second == 2 ? [DetectorEvent(time: Instant(seconds: 1.5), detector: loops.first { $0.name == "stop_SJ_0" }!.id, change: .on)] : []
      shown = controller.tick(now: Instant(seconds: Double(second)), inputs: ControlInputs(detectorEvents: events))[0].state.description
    }
    #expect(shown == "rG")
    #expect(controller.explain(SignalID(0)) != nil)
  }
}
