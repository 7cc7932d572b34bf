import SignalControl
import TrafficModel

extension PriorityRequest {
  /// What a vehicle of a class with priority asks for once it is on the lane that ends at the stop line; nil for all others.
  init?(_ report: VehicleReport, _ vehicleClass: VehicleClassSet, in network: RoadNetwork) {
    let level: Level
    if vehicleClass == .emergency {
      level = .emergency
    } else if !vehicleClass.isEmpty, vehicleClass.isSubset(of: [.bus, .coach, .tram, .railUrban]) {
      level = .transit
    } else {
      return nil
    }
    guard let signal = report.signal, let link = report.signalLink,
      network.connectionsFrom[report.lane.index].contains(where: { network[$0].signal?.signal == signal })
    else { return nil }
    let lane = network[report.lane]
    self.init(
      signal: signal, link: link, level: level,
      arrival: .seconds(max(0, lane.length - report.position) / max(lane.speedLimit, 1)), key: report.key)
  }
}
