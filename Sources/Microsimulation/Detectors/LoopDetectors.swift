import TrafficModel

/// A front came upon a loop in this step.
struct LoopHit: BitwiseCopyable {
  /// Index among the engine's placed loops.
  var loop: Int32
  var vehicle: Int32
  /// How far beyond the loop it came in the step [m].
  var beyond: Double
  var speed: Double
}

/// Point detectors (SUMO's E1): who stands on which loop, and the figures of the running interval.
///
/// A vehicle is on the loop from the moment its front reaches the place until its back has passed. Both moments lie within steps and are
/// interpolated. Because a vehicle's back may pass long after its front has left the lane, its own odometer says when that happens.
struct LoopDetectors {
  struct Occupant: Sendable, BitwiseCopyable {
    var vehicle: Int32
    var number: Int32
    var since: Double
    /// Odometer at which the back leaves the loop [m].
    var until: Double
    var length: Double
    /// Up to when its time on the loop has been counted [s].
    var counted: Double
  }

  /// A front came upon a loop, or a rear left it.
  struct Crossing: Sendable {
    var loop: Int
    var vehicle: Int32
    var number: Int32
    var time: Double
    var front: Bool
  }

  struct Interval: Sendable, BitwiseCopyable {
    /// Vehicles that left the loop.
    var count = 0
    /// Vehicles that came upon it.
    var entered = 0
    /// Time with a vehicle on it [s].
    var occupied = 0.0
    var speedSum = 0.0
    var slownessSum = 0.0
    var lengthSum = 0.0
  }

  var occupants: [[Occupant]]
  var intervals: [Interval]
  /// Events since they were last taken.
  var events: [(time: Double, loop: Int, on: Bool, speed: Double)] = []
  /// Passages of this step, for detectors made of gates.
  var crossings: [Crossing] = []
  /// Loops that somebody is on.
  private var busy: [Int32] = []
  private var isBusy: [Bool]

  init(count: Int) {
    occupants = Array(repeating: [], count: count)
    intervals = Array(repeating: Interval(), count: count)
    isBusy = Array(repeating: false, count: count)
  }

  mutating func update(engine: Engine) {
    let dt = engine.dt, now = engine.now
    var hits: [LoopHit] = []
    for chunk in engine.chunks {
      for k in 0..<chunk.hits.count { hits.append(chunk.hits[k]) }
      chunk.hits.removeAll()
    }
    // The order must not depend on how the lanes were shared out.
    hits.sort { a, b in
      (a.loop, b.beyond, engine.vehicles.number[Int(a.vehicle)]) < (b.loop, a.beyond, engine.vehicles.number[Int(b.vehicle)])
    }
    for hit in hits {
      let loop = Int(hit.loop), v = Int(hit.vehicle)
      let time = hit.speed > 0 ? now + dt - hit.beyond / hit.speed : now
      let length = engine.typeOf(v).pointee.length
      enter(
        loop, v: v, number: engine.vehicles.number[v], time: time, until: engine.vehicles.driven[v] - hit.beyond + length, length: length,
        speed: hit.speed)
    }
    busy.sort()
    var kept = 0
    for k in 0..<busy.count {
      let loop = Int(busy[k])
      var i = 0
      while i < occupants[loop].count {
        let occupant = occupants[loop][i]
        let v = Int(occupant.vehicle)
        let present = engine.vehicles.number[v] == occupant.number
        if present, engine.vehicles.driven[v] < occupant.until {
          i += 1
          continue
        }
        let speed = engine.vehicles.speed[v]
        let time = present && speed > 0 ? now + dt - (engine.vehicles.driven[v] - occupant.until) / speed : now + dt
        leave(loop, index: i, time: min(max(time, occupant.since), now + dt), passed: present)
      }
      if occupants[loop].isEmpty {
        isBusy[loop] = false
      } else {
        busy[kept] = busy[k]
        kept += 1
      }
    }
    busy.removeLast(busy.count - kept)
  }

  private mutating func enter(_ loop: Int, v: Int, number: Int32, time: Double, until: Double, length: Double, speed: Double) {
    if occupants[loop].isEmpty { events.append((time, loop, true, speed)) }
    occupants[loop].append(Occupant(vehicle: Int32(v), number: number, since: time, until: until, length: length, counted: time))
    crossings.append(Crossing(loop: loop, vehicle: Int32(v), number: number, time: time, front: true))
    intervals[loop].entered += 1
    if !isBusy[loop] {
      isBusy[loop] = true
      busy.append(Int32(loop))
    }
  }

  private mutating func leave(_ loop: Int, index: Int, time: Double, passed: Bool) {
    let occupant = occupants[loop].remove(at: index)
    let duration = max(time - occupant.since, 1e-3)
    let speed = occupant.length / duration
    if passed {
      intervals[loop].count += 1
      intervals[loop].speedSum += speed
      intervals[loop].slownessSum += 1 / speed
      intervals[loop].lengthSum += occupant.length
    }
    intervals[loop].occupied += max(0, time - occupant.counted)
    if passed { crossings.append(Crossing(loop: loop, vehicle: occupant.vehicle, number: occupant.number, time: time, front: false)) }
    if occupants[loop].isEmpty { events.append((time, loop, false, speed)) }
  }

  /// The figures of the interval that ends now, and a fresh start.
  mutating func close(_ loop: Int, at time: Double, length: Double) -> PointFigures {
    for k in occupants[loop].indices {
      intervals[loop].occupied += max(0, time - occupants[loop][k].counted)
      occupants[loop][k].counted = time
    }
    let interval = intervals[loop]
    intervals[loop] = Interval()
    var figures = PointFigures()
    figures.contributed = interval.count
    figures.entered = interval.entered
    figures.occupancy = length > 0 ? min(1, interval.occupied / length) : 0
    if interval.count > 0 {
      let n = Double(interval.count)
      figures.meanSpeed = interval.speedSum / n
      figures.harmonicMeanSpeed = n / interval.slownessSum
      figures.meanLength = interval.lengthSum / n
    }
    return figures
  }

  /// Follows vehicles to new slots.
  mutating func moveSlots(_ place: (Int32) -> Int32) {
    for loop in busy {
      for k in occupants[Int(loop)].indices { occupants[Int(loop)][k].vehicle = place(occupants[Int(loop)][k].vehicle) }
    }
  }

  func save(into writer: inout StateWriter) {
    for loop in occupants.indices {
      writer.put(occupants[loop])
      writer.put(intervals[loop])
    }
  }

  mutating func restore(from reader: inout StateReader) {
    busy = []
    for loop in occupants.indices {
      occupants[loop] = reader.array(of: Occupant.self)
      intervals[loop] = reader.get(or: Interval())
      isBusy[loop] = !occupants[loop].isEmpty
      if isBusy[loop] { busy.append(Int32(loop)) }
    }
    crossings = []
  }

  /// A vehicle left the loop's lane sideways.
  mutating func leftSideways(_ v: Int, loop: Int, time: Double) {
    if let index = occupants[loop].firstIndex(where: { Int($0.vehicle) == v }) { leave(loop, index: index, time: time, passed: false) }
  }
}
