/// One step, phase by phase.
extension Engine {
  /// Everything but letting vehicles in and out.
  func advance() {
    board.reset()
    for chunk in chunks { chunk.reset() }
    spread()
    forEachChunk { engine, chunk, _ in
      chunk.fullest = 0
      for k in chunk.laneRange { chunk.fullest = max(chunk.fullest, engine.summarize(lane: Int(engine.activeLanes[k]))) }
    }
    fullest = chunks.reduce(0) { max($0, $1.fullest) }
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
      for k in engine.share(of: chunk, among: engine.crossed.count) {
        let v = Int(engine.crossed[k])
        if engine.vehicles.lane[v] >= 0 { engine.refreshBest(v, scratch: chunk.changer) }
      }
      for k in 0..<chunk.rerouted.count { engine.refreshBest(Int(chunk.rerouted[k]), scratch: chunk.changer) }
    }
    forEachChunk { engine, chunk, _ in
      let network = engine.network
      var k = chunk.laneRange.lowerBound
      let end = chunk.laneRange.upperBound
      while k < end {
        let edge = network.laneEdge[Int(engine.activeLanes[k])]
        k += 1
        while k < end, network.laneEdge[Int(engine.activeLanes[k])] == edge { k += 1 }
        if engine.allowsChanging(edge: Int(edge)) { engine.changeLanes(edge: Int(edge), chunk: chunk) }
      }
    }
    applyChanges()
  }

  /// The part of `count` items that falls to a chunk.
  @inline(__always)
  private func share(of chunk: Chunk, among count: Int) -> Range<Int> {
    count * chunk.index / chunks.count..<count * (chunk.index + 1) / chunks.count
  }

  /// Lists the lanes with vehicles, in order, and shares them out in equal parts that never split an edge.
  private func spread() {
    activeLanes.removeAll()
    let several = chunks.count > 1
    var total = 0
    for w in 0..<lanes.wordCount {
      var word = lanes.active[w]
      while word != 0 {
        let l = w << 6 + word.trailingZeroBitCount
        activeLanes.append(Int32(l))
        if several { total += Int(lanes.count[l]) }
        word &= word - 1
      }
    }
    if chunks.count == 1 {
      chunks[0].laneRange = 0..<activeLanes.count
      return
    }
    isWorthSharing = total >= worthSharing
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
  private func forEachChunk(_ body: @escaping @Sendable (Engine, Chunk, ApproachBoard.Part) -> Void) {
    let parts = board.parts
    let chunks = chunks
    guard chunks.count > 1, isWorthSharing else {
      for (chunk, part) in zip(chunks, parts) { body(self, chunk, part) }
      return
    }
    crew.run { index in body(self, chunks[index], parts[index]) }
  }
}
