/// How a rolling horizon predicts and what it counts. The same values for every network.
public struct RollingHorizonSettings: Hashable, Sendable {
  /// How far ahead a plan is judged [s].
  public var horizon = 60
  /// Distance before a stop line within which vehicles report [m].
  public var range = 250.0
  /// Seconds the present green may last before the switch under trial.
  public var holds: [Int] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26]
  /// Shortest green, yellow, and longest extra clearance while vehicles stand in the junction [s].
  public var minimumGreen = 5
  public var yellow = 3
  public var clearanceExtension = 5
  /// Part of the change time `yellow` that shows red to everybody who closes [s].
  public var redClearance = 0
  /// Acceleration with which a queue starts [m/s²].
  public var acceleration = 2.0
  /// Free gap that a permissive turn needs [s].
  public var criticalGap = 6.0
  /// Time between two vehicles that leave the junction's waiting place in one gap [s].
  public var followUp = 2.0
  /// Expected vehicles enter the prediction so long before they reach the stop line [s].
  public var foresight = 2.0
  /// Weight of vehicles expected beyond the reports, by leaving out what exceeds it.
  public var expectedShare = 0.0
  /// Green times tried for the stage after the change, for the best plans found so far; empty: none [s].
  public var secondGreens: [Int] = [5, 8, 12, 18]
  /// How many of the best plans are looked at so.
  public var refined = 3
  /// A vehicle that reaches the stop line so soon after yellow begins passes [s].
  public var yellowUse = 1.0
  /// Weight of a wait behind an unsignalised junction: a queue that reaches past it blocks those who cross.
  public var spillWeight = 4.0
  /// Weight of the wait still to come for vehicles left at the horizon.
  public var terminalWeight = 1.0
  /// Weight of a permissive turn against a protected one, growth of a vehicle's weight with its waiting [1/s], and how many changes a
  /// switch is charged for, in the continuation of a plan.
  public var permissiveWeight = 0.5
  public var ageing = 0.02
  public var changeFactors = [2.0]
  /// Room a standing vehicle takes [m].
  public var spacing = 7.5
  /// Time constant of learnt arrival rates [s].
  public var rateMemory = 240.0
  /// Predicted saving that a switch must promise [veh·s].
  public var switchThreshold = 0.0
  /// A link with somebody waiting is served at the latest when it has been red for so long [s].
  public var patience = 120
  /// Signals closer than this are decided together [m], the closest first, and at most so many: the effort grows with the square.
  public var groupDistance = 110.0
  public var groupSize = 10

  /// Discharge assumed until it has been learnt.
  package var discharge = DischargeModel()

  public init() {}
}

/// What the predictor has learnt about discharge.
package struct DischargeModel: Hashable, Sendable {
  /// Time from the start of green to the first vehicle of a queue crossing the stop line [s].
  package var startUp = 1.6
  /// Headway of the k-th vehicle of a queue behind the one before [s]; the last value holds for all further ones.
  package var headways: [Double] = [2.5, 2.4, 2.15, 2.05, 2.0, 1.95, 1.9, 1.85, 1.8, 1.75]
  /// Time still lost behind the stop line by the k-th vehicle that starts from a stop [s].
  package var postLoss: [Double] = [1.6, 1.0, 0.6, 0.4, 0.3, 0.2, 0.1, 0]
}
