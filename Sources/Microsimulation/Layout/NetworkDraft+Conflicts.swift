import TrafficModel

/// Where paths inside a junction meet, measured on the lanes' shapes.
extension NetworkDraft {
  /// Paths closer than this have not diverged yet [m].
  static let divergenceWidth = 2.5

  mutating func measureConflicts() {
    var measured: [[Int32: Meeting]] = Array(repeating: [:], count: connections.count)
    var order: [[Int32]] = Array(repeating: [], count: connections.count)
    var siblings: [Set<Int32>] = Array(repeating: [], count: connections.count)
    for c in connections.indices where connections[c].inside >= 0 {
      let lane = Int(connections[c].inside)
      let isMiddle = connections[c].via >= 0
      for foe in connections[c].foeLanes where measured[c][foe] == nil {
        guard let foeExit = out(Int(foe)).first, Int(foe) != lane else { continue }
        measured[c][foe] = meeting(of: c, on: lane, with: Int(foe), foeExit: foeExit, isMiddle: isMiddle)
        order[c].append(foe)
      }
      // Siblings from the same lane are followed until the paths diverge.
      let predecessor = Int(lanePredecessor[lane])
      guard predecessor >= 0 else { continue }
      for sibling in out(predecessor) {
        let other = connections[sibling].via
        guard other >= 0, Int(other) != lane else { continue }
        let mine = network.lanes[lane], theirs = network.lanes[Int(other)]
        let width = min(Self.divergenceWidth, 0.5 * (mine.width + theirs.width))
        if let a = mine.shape.first, let b = theirs.shape.first, a.distance(to: b) >= width { continue }
        let until = Polyline.divergence(mine, theirs, width: width, sameSource: true)
        let behind: Double
        if mine.length == theirs.length, mine.link == theirs.link {
          behind = mine.length - until
        } else {
          behind = max(0, mine.length - mine.drivenLength(at: until))
        }
        if measured[c][other] == nil { order[c].append(other) }
        measured[c][other] = Meeting(behind: behind, raw: behind, extent: theirs.width)
        // A sibling that may wait inside is followed on its second lane too, as long as ours.
        if let exit = out(Int(other)).first, connections[exit].via >= 0, !isMiddle {
          let second = connections[exit].via
          if measured[c][second] == nil {
            order[c].append(second)
            siblings[c].insert(second)
            measured[c][second] = Meeting(behind: 0, raw: 0, extent: theirs.width)
          }
        }
      }
      measureRadius(c, lane: lane)
    }
    for c in connections.indices {
      let lane = connections[c].inside
      let notMiddle = connections[c].via < 0
      connections[c].conflicts = order[c].compactMap { foe in
        guard let own = measured[c][foe], let exit = out(Int(foe)).first else { return nil }
        let mirrored = measured[exit][lane]
        let foeIsMiddle = connections[exit].via >= 0
        let target = connections[c].to == connections[exit].to && notMiddle && !foeIsMiddle
        let isSecond = siblings[c].contains(foe)
        let sameSource = isSecond || (lanePredecessor[Int(lane)] >= 0 && lanePredecessor[Int(lane)] == lanePredecessor[Int(foe)])
        let apart = target || sameSource
        // A foe that does not know us: work its side out from the same meeting.
        var behindFoe = mirrored?.raw ?? mirrorBehind(of: Int(foe), with: Int(lane), extent: own.extent)
        if isSecond {
          // The same way from the common lane: the first lane of the sibling, then so much of its second.
          let first = network.lanes[Int(lanePredecessor[Int(foe)])].length
          behindFoe = network.lanes[Int(foe)].length - (network.lanes[Int(lane)].length - first)
        }
        return LaneConflict(
          lane: foe, exit: Int32(exit), behind: own.behind, behindFoe: behindFoe, extent: apart ? 0 : own.extent,
          extentFoe: apart ? 0 : (mirrored?.extent ?? 0), sameTarget: target, sameSource: sameSource,
          foeWaits: foeIsMiddle && !(connections[c].via >= 0 || connections[c].afterMiddle), foeIsMiddle: foeIsMiddle)
      }
    }
  }

  /// A meeting seen from one of its lanes: length behind it as that lane's traffic reckons and as the foe's does, and its extent [m].
  struct Meeting {
    var behind: Double
    var raw: Double
    var extent: Double
  }

  /// Where our lane meets a foe's.
  private func meeting(of c: Int, on lane: Int, with foe: Int, foeExit: Int, isMiddle: Bool) -> Meeting {
    let mine = network.lanes[lane], theirs = network.lanes[foe]
    let crossings = Polyline.crossings(of: mine.shape, with: theirs.shape)
    let foeGoesOn = connections[foeExit].via >= 0
    if connections[c].to == connections[foeExit].to, !isMiddle, !(foeGoesOn && !crossings.isEmpty) {
      let width = min(Self.divergenceWidth, 0.5 * (mine.width + theirs.width))
      if let a = mine.shape.last, let b = theirs.shape.last, a.distance(to: b) >= width {
        return Meeting(behind: 0, raw: 0, extent: theirs.width)
      }
      let after = Polyline.divergence(mine, theirs, width: width, sameSource: false)
      let behind = mine.drivenLength(at: after)
      return Meeting(behind: behind, raw: behind, extent: theirs.width)
    }
    guard let last = crossings.max() else {
      let behind = mine.length + LaneConflict.none
      return Meeting(behind: behind, raw: behind, extent: theirs.width)
    }
    let foeLast = Polyline.crossings(of: theirs.shape, with: mine.shape).max() ?? 0
    let angle = Polyline.angleBetween(Polyline.direction(of: mine.shape, at: last), Polyline.direction(of: theirs.shape, at: foeLast))
    // A flat crossing is a long one.
    let extent = min(theirs.width * (2 / max(Elementary.sin(angle), 0.2) - 1), mine.length)
    let at = mine.drivenLength(at: max(0, last - extent / 2))
    // A movement that stopped at the waiting point has its whole second lane behind that point.
    let waited = connections[c].afterMiddle && isInternal(Int(lanePredecessor[lane]))
    return Meeting(behind: waited ? mine.length : mine.length - at, raw: mine.length - at, extent: extent)
  }

  /// The foe's side of a meeting it does not list itself.
  private func mirrorBehind(of foe: Int, with lane: Int, extent: Double) -> Double {
    let theirs = network.lanes[foe], mine = network.lanes[lane]
    guard let last = Polyline.crossings(of: theirs.shape, with: mine.shape).max() else { return -LaneConflict.none }
    let ratio = extent / max(theirs.width, 0.1)
    return theirs.length - max(0, last - mine.width * ratio / 2)
  }

  private mutating func measureRadius(_ c: Int, lane: Int) {
    let turn = connections[c].turn
    guard turn != TurnCode.straight, turn != (network.drivesOnLeft ? TurnCode.left : TurnCode.right) else { return }
    let origin = network.lanes[Int(laneOrigin[lane])].shape, target = network.lanes[Int(connections[c].to)].shape
    guard origin.count > 1, target.count > 1 else { return }
    let angle = Polyline.angleBetween(
      Polyline.direction(from: origin[origin.count - 2], to: origin[origin.count - 1]), Polyline.direction(from: target[0], to: target[1]))
    guard angle > 0 else { return }
    var length = Polyline.length(network.lanes[lane].shape)
    let before = lanePredecessor[lane]
    if before >= 0, isInternal(Int(before)) {
      length += Polyline.length(network.lanes[Int(before)].shape)
    } else if connections[c].via >= 0 {
      length += Polyline.length(network.lanes[Int(connections[c].via)].shape)
    }
    connections[c].radius = length / angle
  }
}

extension Lane {
  /// Where a point that lies `geometric` metres along the drawn shape lies on the driven length.
  func drivenLength(at geometric: Double) -> Double {
    let drawn = max(Polyline.length(shape), 0.1)
    return geometric * length / drawn
  }
}
