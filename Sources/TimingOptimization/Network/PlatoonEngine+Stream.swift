extension PlatoonEngine {
  /// Computes one stream for all eight candidates from the profiles its feeds now have, into `target` and `result`.
  ///
  /// Two walks round the cycle: the first, from an empty queue, finds the queue that is left over at its end; the second starts with
  /// that and is the steady state, since the queue at the end is the larger of a shift and a constant of the queue at the start.
  @inline(__always)
  func computeStream(_ j: Int, into target: UnsafeMutablePointer<V>, _ result: UnsafeMutablePointer<StreamResult>) {
    let n = steps
    layout.streams.withUnsafeBufferPointer { streams in
      let s = streams[j]
      let dt = cycle / Float(n)
      let total = collectArrivals(s, dt)
      var capacity = V.zero
      if s.plainRow >= 0 {
        let green = rowPointer(Int(s.plainRow), signal: Int(s.signal), protectedGreen, trialProtected)
        let full = V(repeating: s.saturationFlow * dt)
        for t in 0..<n {
          let c = green[t] * full
          rate[t] = c
          capacity += c
        }
        // With demand above capacity the profile is capped; what exceeds it is the overflow's business.
        let x = total / max(capacity, V(repeating: 1e-6))
        let scale = V(repeating: 1) / max(x, V(repeating: 1))
        // One addition and one maximum a step depend on the step before; all else is off that chain.
        var queue = V.zero
        for t in 0..<n {
          let a = arrivals[t] * scale
          let growth = a - rate[t]
          arrivals[t] = a
          rate[t] = growth
          queue = max(queue + growth, V.zero)
        }
        var area = V.zero
        var stopped = V.zero
        var longest = V.zero
        for t in 0..<n {
          let a = arrivals[t]
          let next = max(queue + rate[t], V.zero)
          target[t] = a + (queue - next)
          queue = next
          area += next
          stopped += min(a, next)
          longest = max(longest, next)
        }
        finish(s, j, result, total, capacity, x, area, stopped, longest)
      } else {
        prepareShared(s, dt)
        // What an endless queue would get away with; the second walk counts, once the budget carries over the end of the cycle.
        var free = V.zero
        var heldBefore = V(repeating: -1)
        for walk in 0..<2 {
          for t in 0..<n {
            let h = held[t]
            free.replace(with: (V(repeating: 1) - h) / max(h, V(repeating: 1e-3)), where: h .!= heldBefore)
            heldBefore = h
            let most = min(rate[t], free)
            free -= most
            if walk == 1 { capacity += most + extra[t] }
          }
        }
        let x = total / max(capacity, V(repeating: 1e-6))
        let scale = V(repeating: 1) / max(x, V(repeating: 1))
        var queue = V.zero
        var budget = V.zero
        var lastHeld = V(repeating: -1)
        var area = V.zero
        var stopped = V.zero
        var longest = V.zero
        for walk in 0..<2 {
          for t in 0..<n {
            let a = arrivals[t] * scale
            let before = queue + a
            // While some of its movements are held, only those ahead of the first held vehicle get away: (1 - p)/p of them.
            let h = held[t]
            let fresh = (V(repeating: 1) - h) / max(h, V(repeating: 1e-3))
            budget.replace(with: fresh, where: h .!= lastHeld)
            lastHeld = h
            let most = min(rate[t], budget) + extra[t]
            let gone = min(before, most)
            budget = max(budget - gone, V.zero)
            queue = before - gone
            if walk == 1 {
              target[t] = gone
              area += queue
              stopped += min(a, queue)
              longest = max(longest, queue)
            }
          }
        }
        finish(s, j, result, total, capacity, x, area, stopped, longest)
      }
    }
  }

  @inline(__always)
  private func finish(
    _ s: PlatoonLayout.Stream, _ j: Int, _ result: UnsafeMutablePointer<StreamResult>, _ total: V, _ capacity: V, _ x: V, _ area: V,
    _ stopped: V, _ longest: V
  ) {
    let each = 1 / Float(steps)
    let perSecond = 1 / cycle
    // Vehicles that random and excess arrivals keep waiting: flow served times the HCM's d2 for pretimed control,
    // min(x, 1) (cT/4)[(x - 1) + √((x - 1)² + 4x/(cT))].
    let cT = capacity * (perSecond * Float(network.period))
    let z = x - V(repeating: 1)
    let safe = max(cT, V(repeating: 1e-3))
    let root = (z * z + 4 * x / safe).squareRoot()
    let random = 0.25 * safe * (z + root) * min(x, V(repeating: 1))
    result.pointee.uniform = area * each
    result.pointee.overflow = random
    // Whoever meets a standing random queue stops as well, at most everyone.
    result.pointee.stops = min(stopped * perSecond + random * perSecond, total * perSecond)
    result.pointee.saturation = x
    result.pointee.longest = longest
  }

  /// Arrivals of a step into `arrivals`; returns their sum over the cycle.
  @inline(__always)
  private func collectArrivals(_ s: PlatoonLayout.Stream, _ dt: Float) -> V {
    let n = steps
    let outside = V(repeating: s.external * dt)
    var total = outside * Float(n)
    for t in 0..<n { arrivals[t] = outside }
    layout.groups.withUnsafeBufferPointer { groups in
      layout.feeds.withUnsafeBufferPointer { feeds in
        for g in Int(s.firstGroup)..<Int(s.firstGroup + s.groups) {
          let group = groups[g]
          // Two feeds a pass over the steps.
          let first = Int(group.firstFeed)
          let end = first + Int(group.feeds)
          var k = first
          while k < end {
            let a = outPointer(Int(feeds[k].stream))
            let p = V(repeating: feeds[k].share)
            let b = k + 1 < end ? outPointer(Int(feeds[k + 1].stream)) : a
            let q = V(repeating: k + 1 < end ? feeds[k + 1].share : 0)
            if k == first {
              for t in 0..<n { scratch[t] = a[t] * p + b[t] * q }
            } else {
              for t in 0..<n { scratch[t] += a[t] * p + b[t] * q }
            }
            k += 2
          }
          let F = smoothing[g]
          let keep = 1 - F
          // What the last cycle left behind: only its last steps still count.
          let from = Int(memory[g])
          var wrapped = V.zero
          for t in from..<n { wrapped = scratch[t] + wrapped * keep }
          var previous = wrapped * (F / (1 - recall[g]))
          let shift = Int(lag[g])
          for t in 0..<(n - shift) {
            previous = scratch[t] * F + previous * keep
            arrivals[t + shift] += previous
            total += previous
          }
          for t in (n - shift)..<n {
            previous = scratch[t] * F + previous * keep
            arrivals[t + shift - n] += previous
            total += previous
          }
        }
      }
    }
    return total
  }

  /// Rates of a stream with several movements or permissive green: `rate`, the share `held` at red, and sneakers in `extra`.
  private func prepareShared(_ s: PlatoonLayout.Stream, _ dt: Float) {
    let n = steps
    let follow = Float(settings.followUpHeadway)
    for t in 0..<n {
      rate[t] = .zero
      held[t] = .zero
      extra[t] = .zero
    }
    layout.parts.withUnsafeBufferPointer { parts in
      layout.opponents.withUnsafeBufferPointer { opponents in
        // `rate` first gathers the time a mean vehicle takes, Σ share/r over the movements that may go.
        for p in Int(s.firstPart)..<Int(s.firstPart + s.parts) {
          let part = parts[p]
          let share = V(repeating: part.share)
          let green = rowPointer(Int(part.row), signal: Int(s.signal), protectedGreen, trialProtected)
          let full = V(repeating: s.saturationFlow * dt)
          guard layout.hasPermissive else {
            for t in 0..<n {
              let r = green[t] * full
              let stuck = r .< V(repeating: 0.02 * s.saturationFlow * dt)
              held[t] += share.replacing(with: V.zero, where: .!stuck)
              rate[t] += (share / max(r, V(repeating: 1e-6))).replacing(with: V.zero, where: stuck)
            }
            continue
          }
          let maybe = rowPointer(Int(part.row), signal: Int(s.signal), permissiveGreen, trialPermissive)
          for t in 0..<n { scratch[t] = .zero }
          for o in Int(part.firstOpponent)..<Int(part.firstOpponent + part.opponents) {
            let flow = outPointer(Int(opponents[o].stream))
            let weight = V(repeating: opponents[o].share / dt)
            for t in 0..<n { scratch[t] += flow[t] * weight }
          }
          let best = Swift.min(s.saturationFlow, 1 / follow) * dt
          let threshold = V(repeating: 0.02 * s.saturationFlow * dt)
          let sneak = part.share * Float(settings.sneakers)
          var before = maybe[n - 1]
          for t in 0..<n {
            // s_p(v) = v e^(-4.5 v)/(1 - e^(-2.5 v)) is within a few percent of this power over the flows a lane can carry.
            let u = V(repeating: 1) + scratch[t] * 0.45
            let u2 = u * u
            let u4 = u2 * u2
            let gap = V(repeating: best) / (u4 * u4)
            let r = green[t] * full + maybe[t] * gap
            let off = green[t] + maybe[t] .< V(repeating: 0.02)
            let stuck = off .| (r .< threshold .& (maybe[t] .< V(repeating: 0.02)))
            held[t] += share.replacing(with: V.zero, where: .!stuck)
            rate[t] += (share / max(r, V(repeating: 1e-4 * dt))).replacing(with: V.zero, where: stuck)
            // As a permissive green ends, those waiting inside the junction leave.
            let drop = max(before - maybe[t] - green[t], V.zero)
            extra[t] += drop * sneak
            before = maybe[t]
          }
        }
      }
    }
    for t in 0..<n {
      let moving = V(repeating: 1) - held[t]
      let none = rate[t] .<= V.zero
      rate[t] = (moving / max(rate[t], V(repeating: 1e-6))).replacing(with: V.zero, where: none)
    }
  }

  @inline(__always)
  private func outPointer(_ j: Int) -> UnsafeMutablePointer<V> {
    (onTrial[j] ? trialOut : out) + j * steps
  }

  @inline(__always)
  private func rowPointer(
    _ row: Int, signal: Int, _ base: UnsafeMutablePointer<V>, _ trial: UnsafeMutablePointer<V>
  ) -> UnsafeMutablePointer<V> {
    signal == trialSignal ? trial + (row - network.rowStart[signal]) * steps : base + row * steps
  }

  @inline(__always) private func max(_ a: V, _ b: V) -> V { a.replacing(with: b, where: b .> a) }
  @inline(__always) private func min(_ a: V, _ b: V) -> V { a.replacing(with: b, where: b .< a) }
}
