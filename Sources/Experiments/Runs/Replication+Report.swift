import Measures
import Microsimulation
import TrafficModel

extension Replication.Recording {
  /// What a report about `scenario` draws from: signals, queues, emissions, and some minutes of trajectories along its main corridor,
  /// in the middle of the time in which vehicles leave.
  public static func report(of scenario: Scenario, corridor: Corridor?) -> Replication.Recording {
    var recording = report
    guard let corridor else { return recording }
    let last = scenario.demand.departures.last?.time ?? scenario.begin
    let flowEnd = scenario.demand.flows.compactMap(\.end).max() ?? scenario.begin
    let end = scenario.end ?? max(last, flowEnd)
    let cycles = corridor.signals.compactMap { scenario.network[$0.signal].activeProgram?.cycle.seconds }
    let span = min(max((cycles.max() ?? 90) * 4, 200), max((end - scenario.begin).seconds, 60))
    let middle = (scenario.begin.seconds + end.seconds) / 2
    recording.trajectories = TrajectoryWindow(
      begin: Instant(seconds: middle - span / 2), end: Instant(seconds: middle + span / 2), lanes: corridor.lanes)
    return recording
  }
}
