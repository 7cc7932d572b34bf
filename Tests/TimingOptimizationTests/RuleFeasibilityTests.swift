import Testing
import TimingOptimization
import TrafficModel

@Suite struct RuleFeasibilityTests {
  /// Links 0, 1, 2 exclude each other; 3 goes with anything.
  func rules(_ greens: [Double], cycle: Double = 60, red: Double = 300) -> TimingConstraints {
    var conflicts = ConflictMatrix(count: 4)
    for (a, b) in [(0, 1), (0, 2), (1, 2)] { conflicts[a, b] = .conflict }
    return TimingConstraints(
      links: greens.map {
        .init(minimumGreen: .seconds($0), yellow: .seconds(3), redClearance: .seconds(1), maximumRed: .seconds(red))
      }, conflicts: conflicts, maximumCycle: .seconds(cycle))
  }

  func conflict(_ r: TimingConstraints) -> RuleFeasibility.Conflict? { RuleFeasibility(r, usedLinks: [true, true, true, true]).conflict }

  @Test func whatFitsHasNoConflict() { #expect(conflict(rules([10, 10, 10, 50])) == nil) }

  @Test func theFewestLinksAreNamed() {
    // 30 + 4 and 25 + 4 already exceed the cycle; link 1 is not to blame.
    #expect(conflict(rules([30, 5, 25, 5])) == .cycle(links: [0, 2], needs: 63, most: 60))
    #expect(conflict(rules([20, 18, 19, 5])) == .cycle(links: [0, 1, 2], needs: 69, most: 60))
  }

  @Test func aRedTooLongIsNamed() {
    #expect(conflict(rules([20, 10, 10, 5], red: 22)) == .red(link: 1, links: [0], needs: 24, most: 22))
  }

  @Test func pedestriansAgainstMaximumGreen() {
    var r = rules([10, 10, 10, 10])
    r.links[1].maximumGreen = .seconds(15)
    r.links[1].pedestrian = PedestrianTiming(walk: .seconds(7), clearance: .seconds(12))
    #expect(conflict(r) == .green(link: 1, least: 19, most: 15))
    #expect(RuleFeasibility(r, usedLinks: [true, true, true, true]).problem(file: "f", signal: "S")?.description.contains("19 s") ?? false)
  }
}
