import TrafficModel

/// What the drivers of one run experienced, as means over everybody who wanted to travel.
///
/// Vehicles still on the road at the end, and those that never found room to enter, count with what they had lost by then.
public struct NetworkMeasures: Sendable, Hashable, Codable {
  /// Everybody who wanted to travel, and how their trips ended.
  public var planned: Int
  public var arrived: Int
  public var underway: Int
  public var neverInserted: Int
  public var teleports: Int
  /// Time loss plus departure delay, mean over all planned vehicles [s].
  public var delay: Double
  /// Its two parts [s]; the departure delay counts those still waiting.
  public var timeLoss: Double
  public var departureDelay: Double
  /// Longest delay of anyone, and the one that 95 % stay below [s].
  public var longestDelay: Double
  public var delay95: Double
  /// Time on the road of those who arrived [s]; NaN where nobody did.
  public var travelTime: Double
  /// Times a vehicle came to wait, mean over all that entered.
  public var stops: Double
  /// Time standing, mean over all that entered [s].
  public var waitingTime: Double
  /// Way driven by time on the road, all vehicles together [m/s]; NaN where nobody drove.
  public var speed: Double
  /// Way driven by all [m].
  public var distance: Double
  /// Fuel and pollutants of all vehicles [mg].
  public var emissions: Emissions

  public init(_ trips: [TripRecord]) {
    planned = trips.count
    (arrived, underway, neverInserted, teleports) = (0, 0, 0, 0)
    (timeLoss, departureDelay, travelTime, stops, waitingTime, distance) = (0, 0, 0, 0, 0, 0)
    emissions = .zero
    var time = 0.0
    var delays: [Double] = []
    delays.reserveCapacity(trips.count)
    for trip in trips {
      switch trip.ending {
      case .arrived:
        arrived += 1
        travelTime += trip.duration
      case .underway: underway += 1
      case .neverInserted: neverInserted += 1
      }
      teleports += trip.teleports
      timeLoss += trip.timeLoss
      departureDelay += trip.departureDelay
      stops += Double(trip.stops)
      waitingTime += trip.waitingTime
      distance += trip.length
      time += trip.duration
      emissions += trip.emissions
      delays.append(trip.delay)
    }
    let entered = Double(arrived + underway)
    timeLoss = planned > 0 ? timeLoss / Double(planned) : .nan
    departureDelay = planned > 0 ? departureDelay / Double(planned) : .nan
    delay = timeLoss + departureDelay
    travelTime = arrived > 0 ? travelTime / Double(arrived) : .nan
    stops = entered > 0 ? stops / entered : .nan
    waitingTime = entered > 0 ? waitingTime / entered : .nan
    speed = time > 0 ? distance / time : .nan
    delays.sort()
    longestDelay = delays.last ?? .nan
    delay95 = delays.isEmpty ? .nan : delays[min(delays.count - 1, Int((Double(delays.count) * 0.95).rounded(.up)) - 1)]
  }
}

/// One figure of ``NetworkMeasures``, for tables, comparisons and pictures that let people choose.
public enum NetworkMeasure: String, Sendable, Hashable, Codable, CaseIterable {
  case planned, arrived, underway, neverInserted, teleports
  case delay, timeLoss, departureDelay, delay95, travelTime, stops, waitingTime, speed, fuel, carbonDioxide, nitrogenOxides

  /// In the unit of ``unit``.
  public func value(of measures: NetworkMeasures) -> Double {
    switch self {
    case .planned: Double(measures.planned)
    case .arrived: Double(measures.arrived)
    case .underway: Double(measures.underway)
    case .neverInserted: Double(measures.neverInserted)
    case .teleports: Double(measures.teleports)
    case .delay: measures.delay
    case .timeLoss: measures.timeLoss
    case .departureDelay: measures.departureDelay
    case .delay95: measures.delay95
    case .travelTime: measures.travelTime
    case .stops: measures.stops
    case .waitingTime: measures.waitingTime
    case .speed: measures.speed * 3.6
    case .fuel: measures.emissions.fuel / 1e6
    case .carbonDioxide: measures.emissions.carbonDioxide / 1e6
    case .nitrogenOxides: measures.emissions.nitrogenOxides / 1e3
    }
  }

  /// What people read behind the number, the same in every language.
  public var unit: String {
    switch self {
    case .planned, .arrived, .underway, .neverInserted, .teleports, .stops: ""
    case .delay, .timeLoss, .departureDelay, .delay95, .travelTime, .waitingTime: "s"
    case .speed: "km/h"
    case .fuel, .carbonDioxide: "kg"
    case .nitrogenOxides: "g"
    }
  }

  public var decimals: Int {
    switch self {
    case .planned, .arrived, .underway, .neverInserted, .teleports: 0
    case .stops: 2
    default: 1
    }
  }

  /// Whether a smaller figure is the better one; nil where it is neither.
  public var smallerIsBetter: Bool? {
    switch self {
    case .planned: nil
    case .arrived, .speed: false
    default: true
    }
  }

  public func name(_ language: Language) -> String { Message("measure." + rawValue).text(language) }
}
