import BenchSupport
import Foundation
import Greenwave

/// A signalised grid of three-lane streets with random trips, as files both simulators read.
struct GridScenario {
  var side: Int
  /// Vehicles on the road at once, about.
  var vehicles: Int
  var seconds: Int
  var folder: String
  var configuration: String { folder + "/grid.sumocfg" }
  var networkFile: String { folder + "/grid.net.xml" }

  /// Makes the network with SUMO's netgenerate and draws the trips; false where netgenerate fails.
  func write(rival: SUMORival) throws -> Bool {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if !FileManager.default.fileExists(atPath: networkFile) {
      let usage = rival.run(
        "netgenerate",
        [
          "--grid", "--grid.number=\(side)", "--grid.length=200", "--grid.attach-length=200", "--default.lanenumber=3",
          "--default-junction-type=traffic_light", "--no-turnarounds", "-o", networkFile,
        ])
      if usage.status != 0 {
        print(usage.output)
        return false
      }
    }
    let network = try SUMONetworkReader.read(networkFile)
    var random = SplitMix(state: 20_240_229)
    var next = [[LinkID]](repeating: [], count: network.links.count)
    for movement in network.movements where movement.turn != .uTurn { next[movement.from.index].append(movement.to) }
    let normal = network.links.filter { $0.function == .normal }.map(\.id)
    // About 25 s a link; trips of 16 links.
    let perSecond = Double(vehicles) / 400
    let count = Int(perSecond * Double(seconds))
    var lines = ["<routes>", "<vType id=\"car\" vClass=\"passenger\"/>"]
    for k in 0..<count {
      var link = normal[random.below(normal.count)]
      var way = [network.linkNames[link]]
      while way.count < 16, !next[link.index].isEmpty {
        link = next[link.index][random.below(next[link.index].count)]
        way.append(network.linkNames[link])
      }
      lines.append(
        "<vehicle id=\"v\(k)\" type=\"car\" depart=\"\(format(Double(k) / perSecond))\"><route edges=\"\(way.joined(separator: " "))\"/></vehicle>"
      )
    }
    lines.append("</routes>")
    try lines.joined(separator: "\n").write(toFile: folder + "/grid.rou.xml", atomically: true, encoding: .utf8)
    // A loop on every approach lane.
    var loops = ["<additional>"]
    for lane in network.lanes where network[lane.link].function == .normal && lane.length > 30 {
      let name = network.laneNames[lane.id]
      loops.append("<inductionLoop id=\"d\(name)\" lane=\"\(name)\" pos=\"-20\" period=\"300\" file=\"\(folder)/loops.xml\"/>")
    }
    loops.append("</additional>")
    try loops.joined(separator: "\n").write(toFile: folder + "/loops.add.xml", atomically: true, encoding: .utf8)
    try """
    <configuration><input><net-file value="grid.net.xml"/><route-files value="grid.rou.xml"/>
    <additional-files value="loops.add.xml"/></input>
    <time><begin value="0"/><end value="\(seconds)"/></time></configuration>
    """.write(toFile: configuration, atomically: true, encoding: .utf8)
    return true
  }
}

/// A small generator for drawing trips (Steele, Lea and Flood 2014).
struct SplitMix {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func below(_ n: Int) -> Int { Int(next() % UInt64(n)) }
}
