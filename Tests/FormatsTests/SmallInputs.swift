import Foundation

/// A merge of two roads under a signal, small enough to mutate thousands of times.
enum SmallInputs {
  static let network = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!-- a merge -->
    <net version="1.20" junctionCornerDetail="5" lefthand="false">
        <location netOffset="0.00,0.00" convBoundary="0.00,0.00,200.00,100.00" origBoundary="0.00,0.00,200.00,100.00" projParameter="!"/>
        <type id="street" priority="1"/>
        <edge id=":J_0" function="internal">
            <lane id=":J_0_0" index="0" speed="13.89" length="10.00" shape="95.00,48.00 105.00,48.00"/>
        </edge>
        <edge id=":J_1" function="internal">
            <lane id=":J_1_0" index="0" speed="9.00" length="8.00" shape="100.00,40.00 105.00,48.00"/>
        </edge>
        <edge id="west" from="W" to="J" priority="2" type="street" name="Main &amp; First" shape="0.00,50.00 100.00,50.00">
            <lane id="west_0" index="0" disallow="pedestrian tram" speed="13.89" length="95.00" shape="0.00,48.00 95.00,48.00"/>
            <lane id="west_1" index="1" allow="bus taxi" speed="13.89" length="95.00" width="3.50" shape="0.00,51.00 95.00,51.00"/>
        </edge>
        <edge id="south" from="S" to="J" priority="1">
            <lane id="south_0" index="0" speed="8.33" length="40.00" shape="100.00,0.00,1.00 100.00,40.00,3.00"/>
        </edge>
        <edge id="east" from="J" to="E" priority="2">
            <lane id="east_0" index="0" speed="13.89" length="95.00" shape="105.00,48.00 200.00,48.00"/>
        </edge>
        <tlLogic id="J" type="static" programID="0" offset="5">
            <phase duration="30" state="Gr"/>
            <phase duration="3" state="yr" name="change"/>
            <phase duration="20.5" state="rG" minDur="5" maxDur="40" next="3 0"/>
            <phase duration="3" state="ry"/>
            <param key="note" value="x"/>
        </tlLogic>
        <junction id="W" type="dead_end" x="0.00" y="50.00" incLanes="" intLanes="" shape="0.00,50.00 0.00,46.00"/>
        <junction id="S" type="dead_end" x="100.00" y="0.00" incLanes="" intLanes="" shape="100.00,0.00 104.00,0.00"/>
        <junction id="E" type="dead_end" x="200.00" y="50.00" incLanes="east_0" intLanes="" shape="200.00,50.00 200.00,46.00"/>
        <junction id="J" type="traffic_light" x="100.00" y="50.00" incLanes="west_0 west_1 south_0" intLanes=":J_0_0 :J_1_0" shape="95.00,45.00 105.00,55.00">
            <request index="0" response="00" foes="10" cont="0"/>
            <request index="1" response="01" foes="01" cont="0"/>
        </junction>
        <connection from="west" to="east" fromLane="0" toLane="0" via=":J_0_0" tl="J" linkIndex="0" dir="s" state="O"/>
        <connection from="south" to="east" fromLane="0" toLane="0" via=":J_1_0" tl="J" linkIndex="1" dir="r" state="o" keepClear="0" visibility="10"/>
        <connection from=":J_0" to="east" fromLane="0" toLane="0" dir="s" state="M"/>
        <connection from=":J_1" to="east" fromLane="0" toLane="0" dir="r" state="m"/>
        <roundabout nodes="J" edges="east"/>
    </net>
    """

  static let routes = """
    <routes>
        <vType id="car" accel="2.6" sigma="0.3" speedFactor="normc(1,0.1,0.2,2)" vClass="passenger" emissionClass="HBEFA3/PC_G_EU4"/>
        <vTypeDistribution id="mix"><vType id="bus" vClass="bus" probability="0.2"/><vType id="van" vClass="delivery" length="6"/></vTypeDistribution>
        <vTypeDistribution id="again" vTypes="car van" probabilities="0.5 0.5"/>
        <route id="through" edges="west east"><stop lane="east_0" endPos="50" duration="10"/></route>
        <routeDistribution id="either"><route id="other" edges="south east" probability="0.4"/><route refId="through" probability="0.6"/></routeDistribution>
        <vehicle id="v0" type="car" depart="3.00" departLane="best" departPos="base" departSpeed="max" arrivalPos="-1"><route edges="west east"/></vehicle>
        <vehicle id="v1" type="mix" depart="0:00:02" route="either"/>
        <trip id="t0" depart="1" from="south" to="east" via="east" type="again"/>
        <flow id="f0" begin="0" end="100" vehsPerHour="360" route="through" departLane="free"/>
        <flow id="f1" begin="0" end="100" period="exp(0.1)" from="south" to="east"/>
        <flow id="f2" begin="0" end="100" probability="0.1" route="through"/>
        <flow id="f3" begin="0" end="100" number="7" route="through"/>
        <flow id="f4" begin="0" end="100" period="5" route="through"/>
        <person id="p" depart="0"><walk edges="west east"/></person>
    </routes>
    """

  static let additional = """
    <additional>
        <busStop id="stop" lane="west_1" startPos="20" endPos="-40" lines="1 2"/>
        <inductionLoop id="loop" lane="west_0" pos="-5" period="60" file="NUL"/>
        <e1Detector id="old" lane="south_0" pos="10" freq="300" file="out.xml"/>
        <laneAreaDetector id="area" lane="west_0" pos="20" endPos="90" period="60" file="NUL" speedThreshold="1"/>
        <e2Detector id="oldArea" lane="west_0" pos="20" length="50" freq="60" file="NUL"/>
        <entryExitDetector id="zone" period="60" file="NUL"><detEntry lane="west_0" pos="10"/><detExit lane="east_0" pos="50"/></entryExitDetector>
        <tlLogic id="J" type="actuated" programID="day" offset="0">
            <phase duration="30" state="Gr" minDur="5" maxDur="40"/><phase duration="3" state="yr"/>
            <phase duration="10" state="rG" minDur="5" maxDur="20"/><phase duration="3" state="ry"/>
        </tlLogic>
        <edgeData id="figures" period="300" file="e.xml"/>
        <rerouter id="r" edges="west"><interval begin="0" end="10"/></rerouter>
    </additional>
    """

  static let configuration = """
    <configuration>
        <input><net-file value="n.net.xml"/><route-files value="r.rou.xml"/><additional-files value="a.add.xml"/></input>
        <time><begin value="1"/><end value="0:10:00"/><step-length value="0.5"/></time>
        <processing><time-to-teleport value="-1"/><lateral-resolution value="0.8"/></processing>
        <random_number><seed value="7"/></random_number>
    </configuration>
    """

  static let description = """
    schema: 1
    name: A merge
    network: n.net.xml
    demand: [r.rou.xml]
    detectors: a.add.xml
    programs: {J: "0"}
    begin: 1
    end: 0:10:00
    seeds: [1, 2, 3]
    step: 0.5
    teleport-after: off
    clock: {zero: "2024-05-13T00:00:00Z", zone: Europe/Berlin}
    """

  /// A folder with all of them; the caller removes it.
  static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in [
      ("n.net.xml", network), ("r.rou.xml", routes), ("a.add.xml", additional), ("run.sumocfg", configuration),
      ("scenario.yaml", description),
    ] { try text.write(to: folder.appendingPathComponent(name), atomically: false, encoding: .utf8) }
    return folder
  }
}
