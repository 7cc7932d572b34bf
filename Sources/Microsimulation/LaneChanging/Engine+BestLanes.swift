/// Which lanes lead on along the route, how far, and how many lanes lie between.
extension Engine {
  /// Edges looked ahead at most, and on urban streets as far as this [m]; on fast roads further.
  static let nearEdges = 4, urbanEdges = 8
  static let nearDistance = 3000.0, urbanDistance = 200.0

  /// Brings a vehicle's lanes up to date where its edge has changed.
  @inline(__always)
  func refreshBest(_ v: Int, scratch: ChangerScratch) {
    guard vehicles.bestIsOld[v] else { return }
    vehicles.bestIsOld[v] = false
    let l = Int(vehicles.lane[v])
    let wanted = network.laneInternal[l] ? vehicles.cursor[v] + 1 : vehicles.cursor[v]
    if vehicles.bestCursor[v] != wanted { computeBest(v, from: Int(wanted), scratch: scratch) }
  }

  func computeBest(_ v: Int, from cursor: Int, scratch: ChangerScratch) {
    let type = typeOf(v)
    let bit = type.pointee.classBit
    let end = Int(vehicles.routeEnd[v])
    let width = vehicles.width
    let horizon = VehicleColumns.horizon
    vehicles.bestCursor[v] = Int32(cursor)
    guard cursor < end else { return }

    // How far to look.
    let firstLane = Int(network.edgeFirstLane[Int(routeEdges[cursor])])
    let brake =
      network.laneLength[firstLane] + type.pointee.tau * type.pointee.maxSpeed
      + Following.brakeGap(type.pointee.maxSpeed, decel: type.pointee.decel, tau: type.pointee.tau, dt: dt) + type.pointee.minGap
    var stopAt = -1
    var stopLane: Int32 = -1
    var stopPosition = 0.0
    if vehicles.hasStop[v] {
      let stop = stops[Int(vehicles.stopCursor[v])]
      stopAt = Int(stop.routeOffset)
      stopLane = stop.lane
      stopPosition = max(Following.positionEpsilon, min(stop.start, network.laneLength[Int(stop.lane)] - 2 * Following.positionEpsilon))
    } else if vehicles.arrivalLane[v] >= 0 {
      stopAt = end - 1
      stopLane = network.edgeFirstLane[Int(routeEdges[end - 1])] + vehicles.arrivalLane[v]
      stopPosition = vehicles.arrivalPosition[v]
    }
    var depth = 0
    var seen = 0.0
    while true {
      let at = cursor + depth
      seen += network.edgeLength[Int(routeEdges[at])]
      depth += 1
      if at == stopAt || at + 1 >= end || depth > horizon { break }
      if !(depth <= Self.nearEdges || seen < max(brake, Self.nearDistance)) { break }
      if !(depth <= Self.urbanEdges || seen < max(brake, Self.urbanDistance)) { break }
    }

    let levels = scratch
    // From the far end backwards: length that can be driven without changing, and the change needed.
    var d = depth - 1
    while d >= 0 {
      let edge = Int(routeEdges[cursor + d])
      let first = Int(network.edgeFirstLane[edge])
      let n = Int(network.edgeLaneCount[edge])
      let length = network.edgeLength[edge]
      let isLast = d == depth - 1
      let base = d * width
      let next = d + 1 < depth ? Int(routeEdges[cursor + d + 1]) : -1
      let routeNext = cursor + d + 1 < end ? routeEdges[cursor + d + 1] : -1
      let transition = routeNext >= 0 ? transitions.find(from: edge, to: routeNext, class: bit) : -1
      let admitsAll = transition >= 0 || transitions.permitsAll(edge: edge, class: bit)
      for i in 0..<n {
        let l = first + i
        var driven = admitsAll || network.admits(lane: l, class: bit) ? length : 0
        var goesOn = true
        if transition >= 0 {
          goesOn = !transitions.list(transition, lane: i).isEmpty
        } else if routeNext >= 0 {
          goesOn = connection(from: l, toEdge: routeNext, class: bit) >= 0
        }
        if cursor + d == stopAt, Int32(l) != stopLane {
          goesOn = false
          driven = stopPosition
        }
        levels.own[base + i] = driven
        levels.length[base + i] = driven
        levels.offset[base + i] = 0
        levels.goesOn[base + i] = goesOn
        levels.link[base + i] = -1
        levels.after[base + i] = -1
      }
      if isLast {
        settleLast(first: first, count: n, base: base, bit: bit, scratch: levels)
      } else {
        settle(first: first, count: n, base: base, next: next, transition: transition, bit: bit, scratch: levels)
      }
      d -= 1
    }

    // Keep the row of the edge at hand, with the connections that follow.
    let n = Int(network.edgeLaneCount[Int(routeEdges[cursor])])
    for i in 0..<n {
      let row = vehicles.best(v, i)
      row.length = levels.length[i]
      row.offset = levels.offset[i]
      var count = 0
      var level = 0
      var lane = i
      while level < depth, count < horizon {
        let link = levels.link[level * width + lane]
        if link < 0 { break }
        row.way[count] = link
        count += 1
        lane = Int(levels.after[level * width + lane])
        level += 1
      }
      row.count = count
    }
    guard knowsClosed else { return }
    for i in 0..<n {
      let row = vehicles.best(v, i)
      guard row.offset == 0 else { continue }
      if i > 0 { row.isRightClosed = isClosed(v, lane: first(of: cursor) + i - 1, index: i - 1) }
      if i + 1 < n { row.isLeftClosed = isClosed(v, lane: first(of: cursor) + i + 1, index: i + 1) }
    }
  }

  @inline(__always)
  private func first(of cursor: Int) -> Int { Int(network.edgeFirstLane[Int(routeEdges[cursor])]) }

  /// Whether the lane beside one that leads on does not, and ends soon in ways that go elsewhere.
  @inline(__always)
  private func isClosed(_ v: Int, lane: Int, index: Int) -> Bool {
    let row = vehicles.best(v, index)
    return row.offset != 0 && row.length < Self.turnLaneDistance && leadsOn(row, lane: lane)
  }

  /// A connection from a lane to an edge that a class may use, or -1.
  @inline(__always)
  func connection(from l: Int, toEdge edge: Int32, class bit: UInt64) -> Int {
    var c = Int(network.outBegin[l])
    let end = Int(network.outBegin[l + 1])
    while c < end {
      if network.laneEdge[Int(network.connectionTo[c])] == edge, network.admits(lane: Int(network.connectionTo[c]), class: bit),
        network.admits(lane: l, class: bit), network.admits(lane: Int(network.connectionNext[c]), class: bit)
      {
        return c
      }
      c += 1
    }
    return -1
  }

  @inline(__always)
  private func mayChange(_ l: Int, by offset: Int, class bit: UInt64) -> Bool {
    let allowed = offset < 0 ? network.laneChangeRight[l] : network.laneChangeLeft[l]
    return (bit == 0 || allowed & bit != 0) && network.admits(lane: l + offset, class: bit)
  }

  private func settleLast(first: Int, count n: Int, base: Int, bit: UInt64, scratch: ChangerScratch) {
    var best = -1.0
    var low = 0
    var high = 0
    for i in 0..<n {
      let length = scratch.length[base + i]
      if length > best {
        best = length
        low = i
        high = i
      } else if length == best {
        high = i
      }
    }
    var rightForbidden = false
    var leftForbidden = -1
    for i in 0..<n where scratch.length[base + i] < best {
      let offset = abs(low - i) < abs(high - i) ? low - i : high - i
      scratch.offset[base + i] = offset
      if offset < 0, !mayChange(first + i, by: -1, class: bit) || rightForbidden {
        rightForbidden = true
        scratch.length[base + i] = 0
      } else if offset > 0, !mayChange(first + i, by: 1, class: bit) {
        leftForbidden = i
      }
    }
    if leftForbidden >= 0 { for i in 0...leftForbidden { scratch.length[base + i] = 0 } }
  }

  private func settle(first: Int, count n: Int, base: Int, next: Int, transition: Int, bit: UInt64, scratch: ChangerScratch) {
    let width = vehicles.width
    let nextFirst = Int(network.edgeFirstLane[next])
    let nextCount = Int(network.edgeLaneCount[next])
    // Rows of this edge and of the next.
    let own = scratch.own + base, length = scratch.length + base, offset = scratch.offset + base, goesOn = scratch.goesOn + base
    let links = scratch.link + base, after = scratch.after + base, ranks = scratch.rank
    let nextLength = length + width, nextOffset = offset + width, nextGoesOn = goesOn + width
    var bestConnected = -1.0
    var bestLength = -1.0
    for m in 0..<nextCount {
      let driven = nextLength[m]
      if driven > bestLength { bestLength = driven }
      if driven > bestConnected,
        transition >= 0 ? transitions.isReached(transition, lane: m) : isReached(nextFirst + m, first: first, count: n)
      {
        bestConnected = driven
      }
    }
    var low = 0
    var high = 0
    if bestConnected > 0 {
      for i in 0..<n {
        var chosen = -1
        var link: Int32 = -1
        if goesOn[i] {
          /// Among equals the first lane stands, whatever the order of connections.
          @inline(__always)
          func weigh(_ c: Int) {
            let m = Int(network.connectionTo[c]) - nextFirst
            if chosen >= 0 {
              let a = nextLength[chosen], b = nextLength[m]
              let p = abs(nextOffset[chosen]), q = abs(nextOffset[m])
              guard a < b || (a == b && (p > q || (p == q && m < chosen))) else { return }
            }
            chosen = m
            link = Int32(c)
          }
          if transition >= 0 {
            for at in transitions.list(transition, lane: i) { weigh(Int(transitions.connection[at])) }
          } else {
            var c = Int(network.outBegin[first + i])
            let end = Int(network.outBegin[first + i + 1])
            while c < end {
              let to = Int(network.connectionTo[c])
              if Int(network.laneEdge[to]) == next, network.admits(lane: to, class: bit) { weigh(c) }
              c += 1
            }
          }
          if chosen >= 0 {
            let driven = nextLength[chosen]
            length[i] += driven == bestConnected && abs(nextOffset[chosen]) < 2 ? bestLength : driven
            offset[i] = nextOffset[chosen]
          }
        }
        if chosen >= 0, nextGoesOn[chosen] || nextLength[chosen] > 0 {
          links[i] = link
          after[i] = Int32(chosen)
        } else {
          goesOn[i] = false
        }
        let mine = rank(links[i])
        ranks[i] = mine
        let theirs = ranks[low]
        let o = abs(offset[i]), p = abs(offset[low])
        if length[low] < length[i] || (length[low] == length[i] && (p > o || (p == o && theirs < mine))) {
          low = i
          high = i
        } else if length[low] == length[i], p == o, theirs == mine {
          high = i
        }
      }
    } else {
      // The route is broken here: keep to the lane from which the way on is nearest.
      var nearest = n
      var chosen = 0
      for i in 0..<n where goesOn[i] {
        for m in 0..<nextCount where isReached(nextFirst + m, first: first + i, count: 1) && nearest > abs(nextOffset[m]) {
          nearest = abs(nextOffset[m])
          low = i
          high = i
          chosen = m
        }
      }
      length[low] += nextLength[chosen]
      for i in 0..<n { ranks[i] = -1 }
      let c = connection(from: first + low, toEdge: Int32(next), class: bit)
      if c >= 0 {
        ranks[low] = rank(Int32(c))
        links[low] = Int32(c)
        after[low] = network.connectionTo[c] - Int32(nextFirst)
      }
    }

    let bestRank = ranks[low]
    var rightForbidden = false
    var leftForbidden = -1
    for i in 0..<n {
      let mine = ranks[i]
      if length[i] < length[low]
        || (length[i] == length[low] && abs(offset[i]) > abs(offset[low])) || mine < bestRank
      {
        let change = abs(low - i) < abs(high - i) ? low - i : high - i
        offset[i] = change
        if mine < bestRank { length[i] = own[i] }
        if change < 0, !mayChange(first + i, by: -1, class: bit) || rightForbidden {
          rightForbidden = true
          if length[i] == own[i] { length[i] = 0 }
        } else if change > 0, !mayChange(first + i, by: 1, class: bit) {
          leftForbidden = i
        }
      } else {
        offset[i] = 0
      }
    }
    if leftForbidden >= 0 {
      for i in 0...leftForbidden where length[i] == own[i] { length[i] = 0 }
    }
  }

  /// Rank of the connection that follows: with priority, without, none.
  @inline(__always)
  private func rank(_ link: Int32) -> Int { link < 0 ? -1 : (hasPriority(Int(link)) ? 1 : 0) }

  /// Whether lane `l` is entered from one of the `count` lanes from `first` on.
  @inline(__always)
  private func isReached(_ l: Int, first: Int, count: Int) -> Bool {
    for i in 0..<count {
      var c = Int(network.outBegin[first + i])
      let end = Int(network.outBegin[first + i + 1])
      while c < end {
        if Int(network.connectionTo[c]) == l { return true }
        c += 1
      }
    }
    return false
  }
}
