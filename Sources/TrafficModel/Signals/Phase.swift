/// A NEMA phase: movements timed together as one step of a ring.
public struct Phase: Hashable, Sendable, Codable {
  /// What the phase does when nobody asks for it.
  public enum Recall: String, Sendable, Codable { case none, minimum, maximum, pedestrian, soft }
  public enum LeftTurn: String, Sendable, Codable { case protected, permissive, protectedPermissive }

  /// Phase number as the cabinet knows it: even for through movements, odd for left turns by custom.
  public var number: Int
  /// Ring, from 1.
  public var ring: Int
  /// Barrier group, from 1: phases of different groups never time together.
  public var barrier: Int
  /// Order within ring and barrier group, from 1.
  public var position: Int
  /// Link indices of the controller with protected green.
  public var protectedLinks: [Int]
  /// Link indices with permissive green.
  public var permissiveLinks: [Int]
  public var timing: PhaseTiming
  public var recall: Recall
  /// Served beside its concurrent phase even without a call of its own.
  public var dualEntry: Bool
  public var isCoordinated: Bool
  public var pedestrian: PedestrianTiming?

  public init(
    number: Int, ring: Int, barrier: Int, position: Int, protectedLinks: [Int], permissiveLinks: [Int] = [], timing: PhaseTiming,
    recall: Recall = .none, dualEntry: Bool = false, isCoordinated: Bool = false, pedestrian: PedestrianTiming? = nil
  ) {
    self.number = number
    self.ring = ring
    self.barrier = barrier
    self.position = position
    self.protectedLinks = protectedLinks
    self.permissiveLinks = permissiveLinks
    self.timing = timing
    self.recall = recall
    self.dualEntry = dualEntry
    self.isCoordinated = isCoordinated
    self.pedestrian = pedestrian
  }
}

/// Vehicle intervals of a phase.
public struct PhaseTiming: Hashable, Sendable, Codable {
  public var minimumGreen: TimeAmount
  public var maximumGreen: TimeAmount
  /// Extension of green by each detection (unit extension, passage time).
  public var passage: TimeAmount
  public var clearance: ClearanceIntervals
  /// Green plus clearance in a coordinated cycle; nil where the phase runs free.
  public var split: TimeAmount?
  /// How the gap that ends the green shrinks while others wait; nil: it does not.
  public var gapReduction: GapReduction?

  public init(
    minimumGreen: TimeAmount, maximumGreen: TimeAmount, passage: TimeAmount, clearance: ClearanceIntervals, split: TimeAmount? = nil,
    gapReduction: GapReduction? = nil
  ) {
    self.minimumGreen = minimumGreen
    self.maximumGreen = maximumGreen
    self.passage = passage
    self.clearance = clearance
    self.split = split
    self.gapReduction = gapReduction
  }
}

/// Gap reduction of a phase: after others have waited for `before`, the gap falls evenly from the passage time to `minimumGap` over
/// `duration`.
public struct GapReduction: Hashable, Sendable, Codable {
  public var before: TimeAmount
  public var duration: TimeAmount
  public var minimumGap: TimeAmount
  public init(before: TimeAmount, duration: TimeAmount, minimumGap: TimeAmount) {
    self.before = before
    self.duration = duration
    self.minimumGap = minimumGap
  }
}

/// The end of a green: yellow change, then red clearance.
public struct ClearanceIntervals: Hashable, Sendable, Codable {
  public var yellow: TimeAmount
  public var redClearance: TimeAmount
  public init(yellow: TimeAmount, redClearance: TimeAmount) {
    self.yellow = yellow
    self.redClearance = redClearance
  }
  public var total: TimeAmount { yellow + redClearance }
}

/// Pedestrian intervals that run beside a phase.
public struct PedestrianTiming: Hashable, Sendable, Codable {
  public var walk: TimeAmount
  /// Flashing don't walk.
  public var clearance: TimeAmount
  /// Head start of walk over the vehicle green.
  public var leadingInterval: TimeAmount
  public init(walk: TimeAmount, clearance: TimeAmount, leadingInterval: TimeAmount = .zero) {
    self.walk = walk
    self.clearance = clearance
    self.leadingInterval = leadingInterval
  }
}

/// A signal output driven by one or more phases, green through the change between them.
public struct Overlap: Hashable, Sendable, Codable {
  public var name: String
  public var parentPhases: [Int]
  public var links: [Int]
  public var trailingGreen: TimeAmount
  public var clearance: ClearanceIntervals
  public init(name: String, parentPhases: [Int], links: [Int], trailingGreen: TimeAmount = .zero, clearance: ClearanceIntervals) {
    self.name = name
    self.parentPhases = parentPhases
    self.links = links
    self.trailingGreen = trailingGreen
    self.clearance = clearance
  }
}

/// Phases in rings and barrier groups, any number of each.
public struct RingBarrierPlan: Hashable, Sendable, Codable {
  public var phases: [Phase]
  public var overlaps: [Overlap]
  /// Nil where the controller runs free.
  public var cycle: TimeAmount?
  public var offset: TimeAmount
  /// Which moment of the coordinated phases the offset refers to.
  public var offsetReference: OffsetReference

  public enum OffsetReference: String, Sendable, Codable { case beginGreen, beginYellow, beginRed }

  public init(
    phases: [Phase], overlaps: [Overlap] = [], cycle: TimeAmount? = nil, offset: TimeAmount = .zero,
    offsetReference: OffsetReference = .beginGreen
  ) {
    self.phases = phases
    self.overlaps = overlaps
    self.cycle = cycle
    self.offset = offset
    self.offsetReference = offsetReference
  }

  /// Ring numbers in use, ascending.
  public var rings: [Int] { Array(Set(phases.map(\.ring))).sorted() }
  /// Barrier groups in use, ascending.
  public var barriers: [Int] { Array(Set(phases.map(\.barrier))).sorted() }
  /// Phases of one ring and barrier group in order of service.
  public func sequence(ring: Int, barrier: Int) -> [Phase] {
    phases.filter { $0.ring == ring && $0.barrier == barrier }.sorted { $0.position < $1.position }
  }
}
