/// What a controller log says happened: the Indiana enumerations of high-resolution signal controller events.
public struct ControllerEventCode: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  init(_ value: UInt16) { rawValue = value }

  public static let phaseOn = Self(0)
  public static let phaseBeginGreen = Self(1)
  public static let phaseCheck = Self(2)
  public static let phaseMinimumComplete = Self(3)
  public static let phaseGapOut = Self(4)
  public static let phaseMaxOut = Self(5)
  public static let phaseForceOff = Self(6)
  public static let phaseGreenTermination = Self(7)
  public static let phaseBeginYellow = Self(8)
  public static let phaseEndYellow = Self(9)
  public static let phaseBeginRedClearance = Self(10)
  public static let phaseEndRedClearance = Self(11)
  public static let phaseInactive = Self(12)
  public static let phaseSkipped = Self(14)
  public static let pedestrianBeginWalk = Self(21)
  public static let pedestrianBeginClearance = Self(22)
  public static let pedestrianBeginDontWalk = Self(23)
  public static let pedestrianCallRegistered = Self(45)
  public static let detectorOff = Self(81)
  public static let detectorOn = Self(82)
  public static let detectorRestored = Self(83)
  public static let detectorFaultOther = Self(84)
  public static let detectorFaultWatchdog = Self(85)
  public static let detectorFaultOpenLoop = Self(86)
  public static let detectorFaultShortedLoop = Self(87)
  public static let detectorFaultExcessiveChange = Self(88)
  public static let pedestrianDetectorOff = Self(89)
  public static let pedestrianDetectorOn = Self(90)
  public static let preemptCallOn = Self(102)
  public static let preemptEntryStarted = Self(105)
  public static let preemptBeginExit = Self(111)
  public static let patternChange = Self(131)
  public static let cycleLengthChange = Self(132)
  public static let offsetLengthChange = Self(133)
  public static let coordinatedPhaseYieldPoint = Self(151)
  public static let coordinatedPhaseBegin = Self(152)
  public static let controllerClockUpdated = Self(181)

  /// Whether the enumerations define the code, or leave it to vendors (200 and above). Codes outside are kept and counted.
  public var isKnown: Bool {
    switch rawValue {
    case 0...17, 20...24, 31...36, 41...49, 61...72, 81...96, 101...119, 131...157, 171...185, 200...: true
    default: false
    }
  }

  public var isDetectorFault: Bool { (84...88).contains(rawValue) }
}

/// Events of one or more controllers as columns of equal length, in the order of the file: a day of a city's logs in 18 bytes an event.
///
/// Times are local wall-clock milliseconds since 1970-01-01T00:00 as the controller wrote them: such logs name no time zone, so
/// whoever reads them must (`ScenarioClock`).
public struct ControllerEventLog: Sendable {
  /// Names of the controllers, in order of first appearance.
  public var devices: [String] = []
  /// Wall-clock time [ms since 1970-01-01T00:00 local].
  public var time: [Int64] = []
  /// Position in `devices`.
  public var device: [UInt16] = []
  public var code: [UInt16] = []
  /// Phase, detector channel or value, by code; vendors write negative values too.
  public var parameter: [Int32] = []

  public init() {}
  public var count: Int { time.count }

  public mutating func append(time t: Int64, device d: UInt16, code c: UInt16, parameter p: Int32) {
    time.append(t)
    device.append(d)
    code.append(c)
    parameter.append(p)
  }
}
