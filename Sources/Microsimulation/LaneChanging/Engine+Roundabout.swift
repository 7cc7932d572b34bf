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
    // From a lane inside a junction the way begins with that lane, and the lane it leads to comes second.
    let lead = network.laneInternal[l] ? 1 : 0
    let bestCount = best.count + lead, innerCount = inmost.count + lead
    @inline(__always)
    func laneAt(_ k: Int, from start: Int, way: UnsafeMutablePointer<Int32>) -> Int {
      if k == 0 { return start }
      if k == lead { return Int(network.connectionTo[Int(network.outBegin[start])]) }
      return Int(network.connectionTo[Int(way[k - 1 - lead])])
    }
    @inline(__always)
    func via(_ k: Int, way: UnsafeMutablePointer<Int32>) -> Int { k <= lead ? -1 : Int(network.connectionVia[Int(way[k - 1 - lead])]) }

    var junctions = 0
    var entered = false
    var seen = -vehicles.position[v]
    for k in 0...bestCount {
      let at = laneAt(k, from: bestLane, way: bestWay)
      let edge = Int(network.laneEdge[at])
      let circles = network.edgeRoundabout[edge]
      if seen > Self.roundaboutSight || (k > innerCount && (!entered || circles)) { return 0 }
      if circles {
        entered = true
        if network.edgeBranches[edge] { junctions += 1 }
      } else if entered {
        break
      }
      seen += network.laneLength[at]
    }
    guard junctions >= 2 else { return 0 }

    var outer = 0.0
    var inner = 0.0
    var length = 0.0
    entered = false
    for k in 0...bestCount {
      let at = laneAt(k, from: bestLane, way: bestWay)
      if network.edgeRoundabout[Int(network.laneEdge[at])] {
        entered = true
      } else if entered {
        break
      }
      let inside = via(k, way: bestWay)
      if entered { length += network.laneLength[at] + (inside >= 0 ? network.laneLength[inside] : 0) }
      // Those behind do not matter.
      let part = k == 0 ? (network.laneLength[at] - vehicles.position[v]) / network.laneLength[at] : 1
      outer += part * lanes.filled[at] + (inside >= 0 ? lanes.filled[inside] : 0)
      if k <= innerCount {
        let otherInside = via(k, way: innerWay)
        inner +=
          part * lanes.filled[laneAt(k, from: innerLane, way: innerWay)] + (otherInside >= 0 ? lanes.filled[otherInside] : 0)
      }
    }
    let most = max(inner, outer)
    guard most > 0 else { return 0 }
    let bonus = Double(junctions) * Self.roundaboutEntryRoom
    return length * max(0, (outer - inner + bonus) / (most + bonus)) * type.pointee.cooperative * Self.roundaboutWeight
  }
}
