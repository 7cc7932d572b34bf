extension MessageTable {
  /// Words in and under pictures.
  static let pictures: [Entry] = [
    Entry(
      "picture.map.summary", en: "Map of {0} links; the highest figure, {2} {3}, is on {1}.", zh: "共 {0} 条路段的地图；最高值 {2} {3} 出现在 {1}。"),
    Entry("picture.map.signal", en: "signal", zh: "信号灯"),
    Entry("picture.map.title", en: "Where time is lost", zh: "时间损失在哪里"),
    Entry(
      "picture.map.caption",
      en: "Time lost per vehicle on each link, against driving at the desired speed. Grey streets carried no traffic.",
      zh: "各路段每辆车相对期望车速损失的时间。灰色路段没有车流。"),
    Entry("picture.map.corridor", en: "The shaded way is the corridor of the time-space diagram below.", zh: "阴影部分为下方时距图所示的干道。"),
    Entry("picture.time", en: "time", zh: "时间"),
    Entry("picture.distance", en: "distance along the corridor [m]", zh: "沿干道距离 [米]"),
    Entry("picture.vehicles", en: "vehicles", zh: "车辆数"),
    Entry("picture.vehiclesPerHour", en: "vehicles per hour", zh: "辆/小时"),
    Entry("picture.running", en: "on the road", zh: "路网中"),
    Entry("picture.halting", en: "standing", zh: "停车"),
    Entry("picture.waitingToEnter", en: "waiting to enter", zh: "等待驶入"),
    Entry("picture.entered", en: "entered the network", zh: "驶入路网"),
    Entry("picture.arrivedFlow", en: "arrived", zh: "到达"),
    Entry("picture.queue.title", en: "Vehicles on the road, standing and waiting", zh: "路网中、停车和等待驶入的车辆"),
    Entry(
      "picture.queue.caption", en: "Vehicles on the road, of them standing, and those waiting to enter, over time.",
      zh: "路网中车辆、其中停车车辆以及等待驶入车辆随时间的变化。"),
    Entry("picture.flow.title", en: "Traffic entering and arriving", zh: "驶入与到达流量"),
    Entry(
      "picture.flow.caption", en: "Vehicles that entered and arrived, per hour. Where arrivals stay below entries, queues grow.",
      zh: "每小时驶入与到达的车辆。到达低于驶入时，排队增长。"),
    Entry("picture.space.title", en: "Time and space along {0}", zh: "{0} 时距图"),
    Entry(
      "picture.space.caption",
      en:
        "Each thin line is a vehicle; its slope is its speed and a level piece is a stop. At every signal a bar shows green (open), yellow and red (solid). The upper bar is for traffic going up the picture, the lower for traffic coming down.",
      zh: "每条细线为一辆车：斜率为车速，水平段为停车。每个信号处的条带表示绿灯（空心）、黄灯与红灯（实心）；上条对应图中向上行驶的车流，下条对应向下行驶的车流。"),
    Entry("picture.space.up", en: "vehicle going up the picture", zh: "上行车辆"),
    Entry("picture.space.down", en: "vehicle coming down", zh: "下行车辆"),
    Entry("picture.space.bandUp", en: "green band, up", zh: "上行绿波带"),
    Entry("picture.space.bandDown", en: "green band, down", zh: "下行绿波带"),
    Entry("picture.green", en: "green", zh: "绿灯"),
    Entry("picture.permissive", en: "green, yields", zh: "绿灯（需让行）"),
    Entry("picture.yellow", en: "yellow", zh: "黄灯"),
    Entry("picture.red", en: "red", zh: "红灯"),
    Entry("picture.other", en: "off or other", zh: "关灯或其他"),
    Entry("picture.bands.title", en: "What signal {0} showed", zh: "信号机 {0} 的显示"),
    Entry(
      "picture.bands.caption",
      en:
        "One row for each stream of traffic. Height tells the indication as well as colour: full green, two thirds green that yields, one third yellow, a thin line red.",
      zh: "每行为一股车流。除颜色外，高度也表示灯色：全高为绿灯，三分之二为需让行的绿灯，三分之一为黄灯，细线为红灯。"),
    Entry("picture.phases.title", en: "Stages of signal {0}", zh: "信号机 {0} 的阶段"),
    Entry(
      "picture.phases.caption",
      en:
        "The stages in which traffic is served, in order. Solid arrows have right of way, dashed ones yield. Below each: seconds of green.",
      zh: "依次为各放行阶段。实线箭头享有通行权，虚线箭头需让行。下方为绿灯秒数。"),
    Entry("picture.phases.cycle", en: "cycle {0} s, offset {1} s", zh: "周期 {0} 秒，相位差 {1} 秒"),
    Entry("picture.distribution.title", en: "How delay is spread over the drivers", zh: "延误在驾驶人中的分布"),
    Entry(
      "picture.distribution.caption",
      en:
        "Share of vehicles that were delayed by less than the time below. Further left and higher is better; the dotted lines mark half and 95 % of all vehicles.",
      zh: "延误低于横轴数值的车辆比例。曲线越靠左上越好；虚线为全部车辆的一半和 95%。"),
    Entry("picture.distribution.share", en: "share of vehicles [%]", zh: "车辆比例 [%]"),
    Entry("picture.delaySeconds", en: "delay [s]", zh: "延误 [秒]"),
  ]
}
