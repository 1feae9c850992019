import Bytes

/// Files of the validation set that training leaves alone, so that a model can be measured by them.
package struct HeldOutShards: Sendable, Equatable {
  private let names: Set<String>

  /// - Parameter ids: what stands between `validate` and `.tfrecord` in their names.
  package init(ids: [String]) { names = Set(ids.map { "validate\($0).tfrecord" }) }

  /// The sixty that boliu's programs of 2018 hold out, under their names in the cloud and as downloaded
  /// (specs: willow_boliu §7).
  package static let boliu = HeldOutShards(
    ids: boliuIDs.split { $0 == " " || $0 == "\n" }.flatMap { $0.split(separator: "=") }.map(String.init))

  /// Those of `text`: `boliu`, or ids between commas.
  ///
  /// - Throws: ``KernelError`` `.usage` when it holds none.
  package init(parsing text: String) throws {
    if text == "boliu" {
      self = .boliu
      return
    }
    let ids = text.split(separator: ",").map(String.init)
    guard !ids.isEmpty else { throw KernelError(.usage, "", "'\(text.printable)' names no files to hold out") }
    self.init(ids: ids)
  }

  /// Whether the file at `path` is one of them, in whatever folder.
  package func contains(_ path: String) -> Bool { names.contains(Path.name(of: path)) }

  private static let boliuIDs = """
    0t=3243 1Y=3336 2J=3383 45=3529 5K=3570 5u=3554 63=3651 6f=3601 8F=3751 8f=3725 9y=3806 Ap=1627
    BN=1713 CH=1769 CI=1770 Dz=1823 Er=1877 GY=2034 I6=2166 JP=2211 JV=2217 K0=2284 MJ=2391 Mv=2377
    Og=2486 Om=2492 PL=2579 QK=2640 Qh=2611 Ql=2615 T4=2846 UF=2883 Uy=2876 Vo=2928 X6=3096 XX=3087
    Zq=3178 aR=0043 cU=0170 fr=0327 hw=0456 k3=0675 lw=0704 nX=0855 nl=0817 o6=0926 p7=0989 pL=0967
    pg=0936 rx=1077 sZ=1167 sd=1119 uS=1284 uf=1245 y1=1541 y5=1545 yK=1524 yU=1534 z8=1610 zE=1580
    """
}
