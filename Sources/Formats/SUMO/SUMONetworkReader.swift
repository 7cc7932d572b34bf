import TrafficModel

/// Reads SUMO networks (`.net.xml`, plain or `.gz`) in one pass.
///
///     let network = try SUMONetworkReader.read("city.net.xml.gz")
///
/// Links inside junctions, crossings and walking areas are read as links; what is known but has no place in the network yet is
/// counted in ``RoadNetwork/recognizedOnly``. All faults of a file are reported together.
public enum SUMONetworkReader {
  public static func read(_ path: String) throws(InputProblems) -> RoadNetwork {
    var build = SUMONetworkBuild(file: path)
    do {
      var xml = try XMLReader(path: path)
      try build.read(&xml)
    } catch {
      build.problems.add(error)
      throw InputProblems(build.problems.problems, further: build.problems.further)
    }
    build.finish()
    try build.problems.check()
    return build.network
  }
}

/// A network while it is being read.
struct SUMONetworkBuild {
  var network = RoadNetwork()
  var problems: ProblemCollector
  var permissions = SUMOPermissions()
  var signalElements = SUMOSignalElements()

  /// Line where a node was first named, and whether its junction has been read.
  var nodeLines: [Int32] = []
  var nodeIsDefined: [Bool] = []
  var linkLines: [Int32] = []
  var connectionLines: [Int32] = []
  /// Crossings may name edges that come later.
  var lateCrossings: [(link: LinkID, edge: String, line: Int)] = []
  var roundabouts: [(line: Int, nodes: [String], edges: [String])] = []
  var signalLines: [Int32] = []

  var currentLink: LinkID?
  /// Lanes of the current edge so far, those that were wrong too.
  var lanesSeen = 0
  var currentNode: NodeID?
  var requestLine = 0
  var scratch: [Point] = []

  init(file: String) { problems = ProblemCollector(file: file) }

  mutating func read(_ xml: inout XMLReader) throws(InputProblem) {
    guard try xml.next() == .start else { return }
    guard xml.name == "net" else {
      problems.add(line: xml.line, expected: "a SUMO network, root element <net>", found: "<\(xml.name.string)>")
      return
    }
    if xml["lefthand"]?.bool == true { network.drivesOnLeft = true }
    while true {
      switch try xml.next() {
      case .finish: return
      case .start: try start(&xml)
      case .end:
        switch xml.name {
        case "edge": endEdge()
        case "junction": endJunction()
        case "tlLogic": endProgram()
        default: break
        }
      }
    }
  }

  @inline(__always)
  private mutating func start(_ xml: inout XMLReader) throws(InputProblem) {
    switch xml.name {
    case "lane": lane(&xml)
    case "connection": connection(&xml)
    case "edge": edge(&xml)
    case "request": request(&xml)
    case "junction": junction(&xml)
    case "phase": signalElements.phase(&xml, &problems)
    case "tlLogic": signalElements.begin(&xml, &problems)
    case "param": signalElements.parameter(xml)
    case "location": location(&xml)
    case "roundabout": roundabouts.append((xml.line, xml["nodes"]?.words ?? [], xml["edges"]?.words ?? []))
    case "stopOffset": stopOffset(&xml)
    // What only netconvert uses, and says nothing about driving.
    case "type", "prohibition", "delete", "restriction": break
    case "net": problems.add(line: xml.line, expected: "one <net> in a file", found: "a second inside the first")
    default:
      network.recognizedOnly[xml.name.string, default: 0] += 1
      try xml.skipElement()
    }
  }

  private mutating func location(_ xml: inout XMLReader) {
    func numbers(_ key: StaticString, _ count: Int) -> [Double]? {
      guard let text = xml[key] else { return nil }
      let values = text.string.split(separator: ",").map { Double($0) ?? .nan }
      guard values.count >= count, values.allSatisfy(\.isFinite) else { return nil }
      return values
    }
    guard let offset = numbers("netOffset", 2), let boundary = numbers("convBoundary", 4) else {
      return problems.add(
        line: xml.line, "location", expected: "netOffset x,y and convBoundary of four numbers",
        found: (xml["netOffset"]?.string ?? "none") + " and " + (xml["convBoundary"]?.string ?? "none"))
    }
    network.location = GeoReference(
      offset: Point(offset[0], offset[1]), projection: xml["projParameter"]?.string ?? "!",
      originalBoundary: numbers("origBoundary", 4) ?? boundary, boundary: boundary)
  }

  private mutating func stopOffset(_ xml: inout XMLReader) {
    guard let link = currentLink else { return }
    guard let value = xml["value"]?.double, value >= 0 else {
      return problems.add(line: xml.line, "stopOffset", expected: "value in metres, not negative", found: xml["value"]?.string)
    }
    let classes = permissions.parse(allow: xml["vClasses"], disallow: xml["exceptions"]) ?? .all
    guard classes.contains(.passenger), let last = network.links[link.index].lanes.last else { return }
    network.lanes[last.index].stopOffset = value
  }

  private mutating func endProgram() {
    guard let read = signalElements.end(&problems) else { return }
    let id = network.signalNames.intern(read.signal)
    if id.index == network.signals.count {
      network.signals.append(Signal(id: id, links: [], programs: []))
      signalLines.append(Int32(clamping: read.line))
    }
    if network.signals[id.index].programs.contains(where: { $0.id == read.program.id }) {
      problems.add(
        line: read.line, "tlLogic \(read.signal)", expected: "each programID once", found: "\(read.program.id) again")
    }
    network.signals[id.index].programs.append(read.program)
  }

  /// Reads `x,y[,z] x,y[,z] …`; nil where a number is missing or absurd.
  mutating func shape(_ text: XMLText) -> [Point]? {
    scratch.removeAll(keepingCapacity: true)
    var p = text.start
    let end = text.start + text.count
    while true {
      while p < end, isBlank(p.pointee) { p += 1 }
      if p >= end { break }
      guard let x = parseDouble(&p, end: end), p < end, p.pointee == UInt8(ascii: ",") else { return nil }
      p += 1
      guard let y = parseDouble(&p, end: end), abs(x) < 1e10, abs(y) < 1e10 else { return nil }
      var z = 0.0
      if p < end, p.pointee == UInt8(ascii: ",") {
        p += 1
        guard let height = parseDouble(&p, end: end), abs(height) < 1e6 else { return nil }
        z = height
      }
      if p < end, !isBlank(p.pointee) { return nil }
      scratch.append(Point(x, y, z))
    }
    return scratch
  }

  /// The node of this name, made with what is known so far where it is new.
  mutating func node(_ name: XMLText, line: Int) -> NodeID {
    let id = network.nodeNames.intern(utf8: name.bytes)
    if id.index == network.nodes.count {
      network.nodes.append(Node(id: id, kind: .deadEnd, position: Point(0, 0)))
      nodeLines.append(Int32(clamping: line))
      nodeIsDefined.append(false)
    }
    return id
  }
}
