/// A kind of object that TraCI can be asked about: the identifiers of its commands (SUMO user documentation, TraCI protocol).
public enum TraCIDomain: UInt8, CaseIterable, Sendable {
  case inductionLoop = 0x00
  case multiEntryExit = 0x01
  case trafficLight = 0x02
  case lane = 0x03
  case vehicle = 0x04
  case junction = 0x09
  case edge = 0x0A
  case simulation = 0x0B
  case laneArea = 0x0D

  /// Asks for a variable; its answer comes with `getCommand | 0x10`.
  var getCommand: UInt8 { 0xA0 | rawValue }
  /// Changes a variable.
  var setCommand: UInt8 { 0xC0 | rawValue }
  /// Subscribes to variables of one object; answers come with this plus 0x10.
  var subscribeCommand: UInt8 { 0xD0 | rawValue }
  /// Subscribes to variables of the objects around one object; answers come with this plus 0x10.
  var contextCommand: UInt8 { 0x80 | rawValue }
}

/// Identifiers of TraCI variables.
public enum TraCIVariable {
  public static let idList: UInt8 = 0x00
  public static let count: UInt8 = 0x01
  // Traffic lights.
  public static let redYellowGreenState: UInt8 = 0x20
  public static let setPhaseIndex: UInt8 = 0x22
  public static let program: UInt8 = 0x23
  public static let phaseDuration: UInt8 = 0x24
  public static let controlledLanes: UInt8 = 0x26
  public static let controlledLinks: UInt8 = 0x27
  public static let currentPhase: UInt8 = 0x28
  public static let currentProgram: UInt8 = 0x29
  public static let completeDefinition: UInt8 = 0x2B
  public static let nextSwitch: UInt8 = 0x2D
  public static let spentDuration: UInt8 = 0x38
  // Lanes, edges and detectors.
  public static let lastStepVehicleNumber: UInt8 = 0x10
  public static let lastStepMeanSpeed: UInt8 = 0x11
  public static let lastStepVehicleIDs: UInt8 = 0x12
  public static let lastStepOccupancy: UInt8 = 0x13
  public static let lastStepHaltingNumber: UInt8 = 0x14
  public static let lastStepVehicleData: UInt8 = 0x17
  public static let jamLengthVehicles: UInt8 = 0x18
  public static let jamLengthMetres: UInt8 = 0x19
  public static let maximumSpeed: UInt8 = 0x41
  public static let length: UInt8 = 0x44
  // Vehicles.
  public static let speed: UInt8 = 0x40
  public static let lane: UInt8 = 0x51
  public static let lanePosition: UInt8 = 0x56
  public static let vehicleClass: UInt8 = 0x49
  public static let signals: UInt8 = 0x5B
  public static let nextTrafficLights: UInt8 = 0x70
  public static let position: UInt8 = 0x42
  // Simulation.
  public static let time: UInt8 = 0x66
  public static let stepLength: UInt8 = 0x7B
  public static let departedNumber: UInt8 = 0x73
  public static let arrivedNumber: UInt8 = 0x79
  public static let minExpectedNumber: UInt8 = 0x7D
}
