import Foundation

/// A left turn that waits for gaps in opposing traffic: how fast it flows, and how much of its green is left to it.
///
/// Flows in veh/s, times in s.
/// Source: HCM, 7th edition, chapter 31, section 3: equations 31-94 to 31-103 and exhibit 31-12.
public enum PermittedLeftTurn {
  /// Start-up lost time l1 [s].
  public static let startupLostTime = 2.0
  /// Extension of effective green e [s].
  public static let extensionOfGreen = 2.0
  /// Sneakers a cycle: left-turners that clear after the green ends.
  public static let sneakers = 2.0

  /// s_p = v_o e^(-v_o t_cg) / (1 - e^(-v_o t_fh)) [veh/s a lane] (eq. 31-100).
  ///
  /// - Parameters:
  ///   - opposing: v_o [veh/s]; a tenth of a vehicle an hour stands in for none.
  ///   - criticalHeadway: t_cg [s].
  ///   - followUp: t_fh [s].
  public static func saturationFlow(opposing: Double, criticalHeadway: Double = 4.5, followUp: Double = 2.5) -> Double {
    let v = max(opposing, 0.1 / 3600)
    return v * exp(-v * criticalHeadway) / (1 - exp(-v * followUp))
  }

  /// E_L2: through cars a left turn is worth while a single opposing lane clears its queue (eqs. 31-102, 31-103).
  public static func equivalentAgainstQueue(opposingLeftShare P: Double, permitted gp: Double, unblocked gu: Double, free gf: Double)
    -> Double
  {
    guard P > 0 else { return SaturationFlowAdjustments.protectedLeftEquivalent }
    let n = max(0, 0.278 * (gp - gu - gf))
    return max(SaturationFlowAdjustments.protectedLeftEquivalent, (1 - pow(1 - P, n)) / P)
  }

  /// g_f: green until the first left-turner blocks a shared lane [s] (eqs. 31-96 to 31-99).
  ///
  /// - Parameters:
  ///   - displayed: G_p [s].
  ///   - effective: g_p [s].
  ///   - lostTime: l1,p [s].
  ///   - share: P_L, left-turners among the lane's vehicles.
  ///   - turnsPerCycle: LTC.
  ///   - singleLane: whether the approach has one lane.
  public static func greenBeforeFirstTurn(
    displayed: Double, effective: Double, lostTime: Double, share P: Double, turnsPerCycle LTC: Double, singleLane: Bool
  ) -> Double {
    let limit =
      P <= 0 ? effective : P >= 1 ? 0 : max(0, (1 - P) / (0.5 * P) * (1 - pow(1 - P, 0.5 * effective)) - lostTime)
    let expected = singleLane ? exp(-0.860 * pow(max(0, LTC), 0.629)) : exp(-0.882 * pow(max(0, LTC), 0.717))
    return min(limit, max(0, displayed * expected - lostTime))
  }

  /// Order of the subject's left-turn phase and of the opposing one, each against its through phase; `permitted` has no phase of its own.
  public enum Sequence: String, Sendable, Hashable, Codable {
    case leadLead, leadLag, lagLead, lagLag, permittedLead, permittedLag, permitted
  }

  /// What exhibit 31-12 needs of the two opposing approaches: phase durations D and change periods Y + Rc, all [s].
  public struct Phases: Sendable, Hashable {
    public var ownLeft = 0.0
    public var ownLeftChange = 0.0
    public var ownThrough: Double
    public var ownThroughChange: Double
    public var opposingLeft = 0.0
    public var opposingThrough: Double
    public var opposingThroughChange: Double

    public init(ownThrough: Double, ownThroughChange: Double, opposingThrough: Double, opposingThroughChange: Double) {
      self.ownThrough = ownThrough
      self.ownThroughChange = ownThroughChange
      self.opposingThrough = opposingThrough
      self.opposingThroughChange = opposingThroughChange
    }
  }

  /// The permitted period.
  public struct Period: Sendable, Hashable {
    /// Displayed green G_p [s].
    public var displayed = 0.0
    /// Effective permitted green g_p [s].
    public var effective = 0.0
    /// Effective green no longer blocked by the opposing queue g_u [s].
    public var unblocked = 0.0
    /// Permitted start-up lost time l1,p [s].
    public var lostTime = 0.0
    public init() {}
  }

  /// Exhibit 31-12 with equations 31-94 and 31-95.
  ///
  /// - Parameter opposingQueue: G_q, service time of the slowest opposing lane plus its start-up lost time [s].
  public static func period(_ sequence: Sequence, _ p: Phases, opposingQueue: Double) -> Period {
    let l1 = startupLostTime
    let e = extensionOfGreen
    func displayed(_ queue: Double) -> Double {
      let own = p.ownThrough - p.ownThroughChange
      let opposing = p.opposingThrough - p.opposingThroughChange
      switch sequence {
      case .leadLead:
        return min(
          p.ownLeft + p.opposingThrough - p.opposingLeft - p.ownThroughChange, p.opposingThrough - p.ownThroughChange - queue)
      case .leadLag: return own - p.ownLeft - queue
      case .lagLead, .permittedLead: return opposing - max(p.opposingLeft, queue)
      case .lagLag, .permittedLag: return min(opposing, own) - queue
      case .permitted: return p.opposingThrough - p.ownThroughChange - queue
      }
    }
    var result = Period()
    var extend = e
    switch sequence {
    case .leadLead:
      let ownGreen = p.ownLeft - p.ownLeftChange
      result.lostTime = p.opposingLeft > ownGreen ? min(l1, max(0, p.opposingLeft - ownGreen + l1 - e)) : 0
    case .leadLag: result.lostTime = 0
    case .lagLead:
      result.lostTime = l1
      extend = 0
    case .lagLag:
      result.lostTime = l1
      extend = min(e, max(0, p.opposingThrough - (p.ownThrough - p.ownThroughChange)))
    case .permittedLead, .permittedLag, .permitted: result.lostTime = l1
    }
    result.displayed = max(0, displayed(0))
    result.effective = max(0, result.displayed - result.lostTime + extend)
    let free = max(0, displayed(opposingQueue))
    result.unblocked = free > 0 ? min(free + extend, result.effective) : 0
    return result
  }
}
