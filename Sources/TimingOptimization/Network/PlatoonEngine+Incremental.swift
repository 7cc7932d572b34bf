extension PlatoonEngine {
  /// By how much the performance index changes when one signal takes each of up to eight other timings [veh].
  ///
  /// Only what the change reaches is computed again: the signal's own streams, then stream after stream downstream, until a profile
  /// moves by less than `settings.tolerance` vehicles a cycle in every candidate, at most `settings.maximumHops` stop lines on.
  /// `commit(lane:)` keeps one of them.
  public func change(signal: Int, to timings: [[GreenInterval]]) -> SIMD8<Float> {
    let n = steps
    clearTrial()
    trialSignal = signal
    clear(signal: signal, trialProtected, trialPermissive)
    for k in 0..<Self.width {
      fill(timings[Swift.min(k, timings.count - 1)], lane: k, protected: trialProtected, permissive: trialPermissive)
    }
    var difference = V.zero
    var front = layout.ofSignal[signal]
    // Own streams that give way see their opponents' new profiles in a second look only where those come later in order.
    var hops = 0
    while !front.isEmpty && hops < settings.maximumHops {
      var next: [Int32] = []
      for j32 in front {
        let j = Int(j32)
        let target = trialOut + j * n
        let known = onTrial[j]
        if known { difference -= index(of: trialResults[j], stream: j) } else { difference -= index(of: results[j], stream: j) }
        let before = known ? target : out + j * n
        for t in 0..<n { previous[t] = before[t] }
        computeStream(j, into: target, trialResults + j)
        difference += index(of: trialResults[j], stream: j)
        if !known {
          onTrial[j] = true
          touched.append(j32)
        }
        var moved = V.zero
        for t in 0..<n {
          let d = target[t] - previous[t]
          moved += d.replacing(with: -d, where: d .< V.zero)
        }
        guard moved.max() > tolerance else { continue }
        for d in layout.dependents[j] where !queued[Int(d)] {
          queued[Int(d)] = true
          next.append(d)
        }
        for d in layout.givingWay[j] where !queued[Int(d)] && !(hops == 0 && layout.streams[Int(d)].signal == Int32(signal)) {
          queued[Int(d)] = true
          next.append(d)
        }
      }
      for d in next { queued[Int(d)] = false }
      front = next
      hops += 1
    }
    return difference
  }

  /// Keeps candidate `k` of the last `change`.
  public func commit(lane k: Int) {
    let n = steps
    let signal = trialSignal
    precondition(signal >= 0, "nothing to commit")
    for j32 in touched {
      let j = Int(j32)
      for t in 0..<n { out[j * n + t] = V(repeating: trialOut[j * n + t][k]) }
      results[j] = trialResults[j].spread(k)
    }
    let start = network.rowStart[signal] * n
    for i in 0..<((network.rowStart[signal + 1] - network.rowStart[signal]) * n) {
      protectedGreen[start + i] = V(repeating: trialProtected[i][k])
      if layout.hasPermissive { permissiveGreen[start + i] = V(repeating: trialPermissive[i][k]) }
    }
    clearTrial()
  }

  /// Forgets the last `change`.
  func clearTrial() {
    for j in touched { onTrial[Int(j)] = false }
    touched.removeAll(keepingCapacity: true)
    trialSignal = -1
  }
}
