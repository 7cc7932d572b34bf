/// Vehicles that come to a stop line together, as one job of a schedule.
struct VehicleCluster: Equatable, Sendable {
  /// Vehicles; shares of vehicles where they are expected by probability.
  var count: Double
  /// When the first reaches the stop line [s from now].
  var arrival: Double
  /// Time the cluster needs to pass [s].
  var duration: Double
}

/// The order in which a signal serves clusters of vehicles so that they wait least.
///
/// Xie, X.-F., Smith, S. F., Lu, L. and Barlow, G. J. (2012), Schedule-driven intersection control, Transportation Research C 24, 168–189: a
/// single machine with set-up times. Clusters of one stage are served in order of arrival, so a partial schedule is known by how many of
/// each stage are done and which stage is green; of all ways to a state the one with the least waiting is kept.
struct JobSchedule: Sendable {
  struct Step: Equatable, Sendable {
    var stage: Int
    /// Place among the stage's clusters.
    var job: Int
    /// When its service begins [s from now].
    var start: Double
  }
  /// Clusters in order of service.
  let steps: [Step]
  /// Waiting of all vehicles [veh·s].
  let delay: Double

  struct Problem: Sendable {
    /// Clusters of each stage, ascending by arrival.
    var clusters: [[VehicleCluster]]
    /// Green stage now, and how long it must still stay green [s].
    var present: Int
    var owed: Double
    /// Time from the end of one stage's service to the begin of another's [s], and a stage's shortest green [s].
    var setup: Double
    var minimumGreen: Double
  }

  /// States at most; stages with many clusters are merged until they fit.
  static let stateLimit = 1500

  init(_ given: Problem) {
    var problem = given
    Self.reduce(&problem.clusters)
    let stages = problem.clusters.count
    var radix = [Int](repeating: 1, count: stages)
    var size = 1
    for s in 0..<stages {
      radix[s] = size
      size *= problem.clusters[s].count + 1
    }
    var delay = [Double](repeating: .infinity, count: size * stages)
    var time = delay
    var begin = delay
    var before = [Int](repeating: -1, count: size * stages)
    delay[problem.present] = 0
    time[problem.present] = 0
    for state in 0..<size {
      for s in 0..<stages where delay[state * stages + s].isFinite {
        let from = state * stages + s
        for next in 0..<stages {
          let done = state / radix[next] % (problem.clusters[next].count + 1)
          guard done < problem.clusters[next].count else { continue }
          let cluster = problem.clusters[next][done]
          var ready = time[from]
          if next != s {
            // A stage just begun owes its shortest green.
            ready = max(ready, state == 0 ? problem.owed : 0) + problem.setup
          }
          let start = max(ready, cluster.arrival)
          var end = start + cluster.duration
          if next != s { end = max(end, ready + problem.minimumGreen) }
          let cost = delay[from] + cluster.count * (start - cluster.arrival)
          let to = (state + radix[next]) * stages + next
          if cost < delay[to] || (cost == delay[to] && end < time[to]) {
            delay[to] = cost
            time[to] = end
            begin[to] = start
            before[to] = s
          }
        }
      }
    }
    let last = (size - 1) * stages
    guard size > 1, let best = (0..<stages).min(by: { (delay[last + $0], $0) < (delay[last + $1], $1) }) else {
      steps = []
      self.delay = 0
      return
    }
    var steps: [Step] = []
    var (state, s) = (size - 1, best)
    while state > 0 {
      let at = state * stages + s
      let done = state / radix[s] % (problem.clusters[s].count + 1)
      steps.append(Step(stage: s, job: done - 1, start: begin[at]))
      state -= radix[s]
      s = before[at]
    }
    self.steps = steps.reversed()
    self.delay = delay[last + best]
  }

  /// Merges the clusters closest to each other until the states fit the limit.
  private static func reduce(_ clusters: inout [[VehicleCluster]]) {
    func states() -> Int { clusters.reduce(1) { min($0 * ($1.count + 1), 1 << 40) } }
    while states() > stateLimit {
      let s = clusters.indices.max { (clusters[$0].count, -$0) < (clusters[$1].count, -$1) }!
      guard clusters[s].count > 1 else { return }
      let gaps = clusters[s].indices.dropLast().map { clusters[s][$0 + 1].arrival - clusters[s][$0].arrival - clusters[s][$0].duration }
      let k = gaps.indices.min { (gaps[$0], $0) < (gaps[$1], $1) }!
      let (a, b) = (clusters[s][k], clusters[s][k + 1])
      clusters[s][k] = VehicleCluster(
        count: a.count + b.count, arrival: a.arrival, duration: max(b.arrival + b.duration - a.arrival, a.duration + b.duration))
      clusters[s].remove(at: k + 1)
    }
  }
}
