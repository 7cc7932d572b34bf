/// Why a vehicle wants another lane, and what keeps it from going there: one bit each.
enum Change {
  static let stay: UInt32 = 1 << 0
  static let left: UInt32 = 1 << 1
  static let right: UInt32 = 1 << 2
  static let strategic: UInt32 = 1 << 3
  static let cooperative: UInt32 = 1 << 4
  static let speedGain: UInt32 = 1 << 5
  static let keepRight: UInt32 = 1 << 6
  static let urgent: UInt32 = 1 << 8
  static let leaderLeft: UInt32 = 1 << 9
  static let followerLeft: UInt32 = 1 << 10
  static let leaderRight: UInt32 = 1 << 11
  static let followerRight: UInt32 = 1 << 12
  static let overlapping: UInt32 = 1 << 13
  /// It was told that it blocks a vehicle that wants to come to its lane.
  static let blockingLeader: UInt32 = 1 << 16
  static let blockingFollower: UInt32 = 1 << 17
  static let messageRight: UInt32 = 1 << 18
  static let messageLeft: UInt32 = 1 << 19
  static let backBlocker: UInt32 = 1 << 22
  static let backBlockerStanding: UInt32 = 1 << 23

  /// What others have told, which weighing a wish anew does not wipe out.
  static let kept: UInt32 = 0xFFFF_0000
  static let wants = left | right
  static let byLeader = leaderLeft | leaderRight
  static let byFollower = followerLeft | followerRight
  static let blocked = byLeader | byFollower | overlapping
}

/// Advice from one vehicle to another on a different edge, delivered when all edges are done.
struct ChangeMessage: BitwiseCopyable {
  var vehicle: Int32
  var state: UInt32
  var speed: Double
}

/// What the lane changer of one thread works with.
final class ChangerScratch: @unchecked Sendable {
  static let queueLimit = 128
  let arena = Arena()
  // Best lanes: rows of `width` by depth.
  let own: UnsafeMutablePointer<Double>
  let length: UnsafeMutablePointer<Double>
  let offset: UnsafeMutablePointer<Int>
  let goesOn: UnsafeMutablePointer<Bool>
  let link: UnsafeMutablePointer<Int32>
  let after: UnsafeMutablePointer<Int32>
  /// Of the connections that follow the lanes of one edge.
  let rank: UnsafeMutablePointer<Int>
  // Lanes of the edge at hand.
  let remaining: UnsafeMutablePointer<Int32>
  /// Who comes next on each lane, and where; -1 and minus infinity: nobody.
  let candidate: UnsafeMutablePointer<Int32>
  let place: UnsafeMutablePointer<Double>
  let lead: UnsafeMutablePointer<Int32>
  let hopped: UnsafeMutablePointer<Int32>
  let density: UnsafeMutablePointer<Double>
  let firstBlocked: UnsafeMutablePointer<Int32>
  let lastBlocked: UnsafeMutablePointer<Int32>
  let occupation: UnsafeMutablePointer<Double>
  // Lanes upstream, to find a follower.
  let queueLane: UnsafeMutablePointer<Int32>
  let queueConnection: UnsafeMutablePointer<Int32>
  let queueLength: UnsafeMutablePointer<Double>
  /// Lanes by which a vehicle might enter.
  let entrances = GrowingColumn<Int32>()

  init(width: Int) {
    let n = width * (VehicleColumns.horizon + 3)
    own = arena.column(count: n)
    length = arena.column(count: n)
    offset = arena.column(count: n)
    goesOn = arena.column(count: n)
    link = arena.column(count: n)
    after = arena.column(count: n)
    rank = arena.column(count: width)
    remaining = arena.column(count: width)
    candidate = arena.column(count: width)
    place = arena.column(count: width)
    lead = arena.column(count: width)
    hopped = arena.column(count: width)
    density = arena.column(count: width)
    firstBlocked = arena.column(count: width)
    lastBlocked = arena.column(count: width)
    occupation = arena.column(count: width)
    queueLane = arena.column(count: Self.queueLimit)
    queueConnection = arena.column(count: Self.queueLimit)
    queueLength = arena.column(count: Self.queueLimit)
  }
}

/// The vehicle whose wishes are being weighed, and what both sides ask of it.
struct Driver: ~Copyable {
  let vehicle: Int
  let type: UnsafePointer<TypeRecord>
  let lane: Int
  /// Index of its lane on the edge at hand, whose lanes begin with `first`.
  let at: Int
  let first: Int
  let count: Int
  /// The edge lies inside a junction.
  let isInside: Bool
  let speed: Double
  let position: Double
  /// Speed aimed at on its lane [m/s].
  let wanted: Double
}

/// Another vehicle and the gap to it net of the minimum gap [m]; vehicle -1: nobody.
struct Neighbor {
  var vehicle: Int
  var gap: Double
  static let nobody = Neighbor(vehicle: -1, gap: -1)
  var exists: Bool { vehicle >= 0 }
}

/// The vehicle ahead on the own lane, looked up when it is first needed.
struct LeaderAhead {
  var isKnown = false
  var leader = Neighbor.nobody
}

/// The lane a vehicle might change to, and those on it as far as they have been looked at.
struct Beside {
  let lane: Int
  /// Index on the edge at hand.
  let index: Int
  let right: Bool
  var isLeadKnown = false
  var lead = Neighbor.nobody
  var isLookedAt = false
  var follow = Neighbor.nobody
  var blocked: UInt32 = 0

  init(lane: Int, index: Int, right: Bool) {
    self.lane = lane
    self.index = index
    self.right = right
  }
}
