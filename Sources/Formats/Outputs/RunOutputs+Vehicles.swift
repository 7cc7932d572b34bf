import Foundation
import TrafficModel

extension RunOutputs {
  /// SUMO's floating-car data: where every vehicle was at each step, of the trajectories that were recorded.
  /// - Parameter step: length of a step; SUMO names a moment after the beginning of the step it follows, a sample is named after its end.
  public func writeVehicles(_ record: RunRecord, to path: String, step: TimeAmount = .seconds(1)) throws(OutputProblem) {
    var file = try OutputFile(path: path, root: "fcd-export", schema: "fcd_file.xsd", provenance: provenance)
    var places: [(time: Instant, way: Int32, sample: Int32)] = []
    places.reserveCapacity(record.trajectories.reduce(0) { $0 + $1.samples.count })
    for (w, way) in record.trajectories.enumerated() {
      for (k, sample) in way.samples.enumerated() { places.append((sample.time, Int32(w), Int32(k))) }
    }
    places.sort { ($0.time, $0.way) < ($1.time, $1.way) }
    var k = 0
    while k < places.count {
      let time = places[k].time
      var moment = OutputRow("timestep")
      moment.add("time", (time - step).seconds)
      while k < places.count, places[k].time == time {
        let way = record.trajectories[Int(places[k].way)]
        moment.children.append(row(way, way.samples[Int(places[k].sample)]))
        k += 1
      }
      file.write(moment)
    }
    try file.commit()
  }

  private func row(_ way: Trajectory, _ sample: Trajectory.Sample) -> OutputRow {
    var row = OutputRow("vehicle")
    let (point, angle) = place(on: sample.lane, at: sample.position)
    row.add("id", way.name)
    row.add("x", point.x)
    row.add("y", point.y)
    row.add("angle", angle)
    row.add("type", way.type.flatMap { demand.vehicleTypes.indices.contains($0.index) ? demand.vehicleTypes[$0.index].name : nil } ?? "")
    row.add("speed", sample.speed)
    row.add("pos", sample.position)
    row.add("lane", network.name(sample.lane))
    row.add("slope", 0.0)
    return row
  }

  /// The point of the drawn lane and the heading there, in degrees clockwise from north.
  private func place(on lane: LaneID, at position: Double) -> (Point, Double) {
    let shape = network[lane].shape
    guard shape.count > 1 else { return (shape.first ?? Point(0, 0), 0) }
    let drawn = zip(shape, shape.dropFirst()).reduce(0.0) { $0 + $1.0.distance(to: $1.1) }
    var left = position * drawn / max(network[lane].length, 1e-3)
    for (a, b) in zip(shape, shape.dropFirst()) {
      let length = a.distance(to: b)
      let isLast = b == shape[shape.count - 1]
      if left <= length || isLast {
        let share = length > 0 ? min(left / length, 1) : 0
        let heading = atan2(b.x - a.x, b.y - a.y) * 180 / .pi
        return (Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share), heading < 0 ? heading + 360 : heading)
      }
      left -= length
    }
    return (shape[shape.count - 1], 0)
  }
}
