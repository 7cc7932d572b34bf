/// Why a driver takes the inner lane of a roundabout although it does not lead to the exit.
extension Engine {
  /// Farthest a roundabout is looked for [m].
  static let roundaboutSight = 300.0
  /// Room that each further entry or exit is worth [m].
  static let roundaboutEntryRoom = 7.5
  static let roundaboutWeight = 9.0

  /// Distance added to what both lanes offer, which makes changing back less urgent: the longer the way in the roundabout and the emptier its
  /// inner lane, the more [m]. Nothing for those who take the next exit.
  func roundaboutBonus(_ v: Int, type: UnsafePointer<TypeRecord>, lane l: Int, innerLane: Int, bestLane: Int) -> Double {
    let best = self.bestLane(v, bestLane), inmost = self.bestLane(v, innerLane)
    let bestWay = best.way, innerWay = inmost.way
    let bestCount = best.count, innerCount = inmost.count

    var junctions = 0
    var entered = false
    var seen = -vehicles.position[v]
    for k in 0...bestCount {
      let lane = k == 0 ? bestLane : Int(network.connectionTo[Int(bestWay[k - 1])])
      let edge = Int(network.laneEdge[lane])
      let circles = network.edgeRoundabout[edge] && !network.laneInternal[lane]
      if seen > Self.roundaboutSight || (k > innerCount && (!entered || circles)) { return 0 }
      if circles {
        entered = true
        if network.edgeBranches[edge] { junctions += 1 }
      } else if entered {
        break
      }
      seen += network.laneLength[lane]
    }
    guard junctions >= 2 else { return 0 }

    var outer = 0.0
    var inner = 0.0
    var way = 0.0
    entered = false
    for k in 0...bestCount {
      let lane = k == 0 ? bestLane : Int(network.connectionTo[Int(bestWay[k - 1])])
      if network.laneInternal[lane] { continue }
      if network.edgeRoundabout[Int(network.laneEdge[lane])] {
        entered = true
      } else if entered {
        break
      }
      let via = k == 0 ? -1 : Int(network.connectionVia[Int(bestWay[k - 1])])
      if entered { way += network.laneLength[lane] + (via >= 0 ? network.laneLength[via] : 0) }
      // Those behind do not matter.
      let part = k == 0 ? (network.laneLength[lane] - vehicles.position[v]) / network.laneLength[lane] : 1
      outer += part * lanes.filled[lane] + (via >= 0 ? lanes.filled[via] : 0)
      if k <= innerCount {
        let other = k == 0 ? innerLane : Int(network.connectionTo[Int(innerWay[k - 1])])
        let otherVia = k == 0 ? -1 : Int(network.connectionVia[Int(innerWay[k - 1])])
        inner += part * lanes.filled[other] + (otherVia >= 0 ? lanes.filled[otherVia] : 0)
      }
    }
    let most = max(inner, outer)
    guard most > 0 else { return 0 }
    let bonus = Double(junctions) * Self.roundaboutEntryRoom
    return way * max(0, (outer - inner + bonus) / (most + bonus)) * type.pointee.cooperative * Self.roundaboutWeight
  }
}
