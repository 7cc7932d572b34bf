import Dispatch

/// One step, phase by phase.
extension Engine {
  /// Everything but letting vehicles in and out.
  func advance() {
    board.reset()
    for chunk in chunks { chunk.reset() }
    spread()
    forEachChunk { engine, chunk, _ in
      for k in chunk.laneRange { engine.summarize(lane: Int(engine.activeLanes[k])) }
    }
    forEachChunk { engine, chunk, part in
      for k in chunk.laneRange { engine.plan(lane: Int(engine.activeLanes[k]), chunk: chunk, board: part) }
    }
    forEachChunk { engine, chunk, _ in
      engine.decideLeft(chunk: chunk)
      for k in chunk.laneRange { engine.move(lane: Int(engine.activeLanes[k]), chunk: chunk) }
    }
    transfer()
  }

  /// Lane changes of all edges; after arrivals have been taken off.
  func changeLanes() {
    spread()
    forEachChunk { engine, chunk, _ in
      var k = chunk.laneRange.lowerBound
      let end = chunk.laneRange.upperBound
      while k < end {
        let first = Int(engine.activeLanes[k])
        let edge = engine.network.laneEdge[first]
        while k < end, engine.network.laneEdge[Int(engine.activeLanes[k])] == edge {
          let l = Int(engine.activeLanes[k])
          for i in 0..<Int(engine.lanes.count[l]) { engine.refreshBest(engine.lanes.vehicle(l, i), scratch: chunk.changer) }
          k += 1
        }
        if engine.allowsChanging(edge: Int(edge)) { engine.changeLanes(edge: Int(edge), chunk: chunk) }
      }
    }
    applyChanges()
  }

  /// Lists the lanes with vehicles, in order, and shares them out in equal parts that never split an edge.
  private func spread() {
    activeLanes.removeAll(keepingCapacity: true)
    var total = 0
    for w in 0..<lanes.wordCount {
      var word = lanes.active[w]
      while word != 0 {
        let l = w << 6 + word.trailingZeroBitCount
        activeLanes.append(Int32(l))
        total += Int(lanes.count[l])
        word &= word - 1
      }
    }
    if chunks.count == 1 {
      chunks[0].laneRange = 0..<activeLanes.count
      return
    }
    var begin = 0
    var k = 0
    var sum = 0
    for (index, chunk) in chunks.enumerated() {
      let goal = total * (index + 1) / chunks.count
      while k < activeLanes.count,
        sum < goal || index == chunks.count - 1
          || (k > begin && network.laneEdge[Int(activeLanes[k])] == network.laneEdge[Int(activeLanes[k - 1])])
      {
        sum += Int(lanes.count[Int(activeLanes[k])])
        k += 1
      }
      chunk.laneRange = begin..<k
      begin = k
    }
  }

  @inline(__always)
  private func forEachChunk(_ body: @Sendable (Engine, Chunk, ApproachBoard.Part) -> Void) {
    let parts = board.parts
    if chunks.count == 1 {
      body(self, chunks[0], parts[0])
      return
    }
    DispatchQueue.concurrentPerform(iterations: chunks.count) { index in body(self, self.chunks[index], parts[index]) }
  }
}
