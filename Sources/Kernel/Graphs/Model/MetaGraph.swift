/// A graph with what belongs to it: `MetaGraphDef`, the contents of a `.meta` file.
public struct MetaGraph: Equatable, Sendable {
  public var graph: Graph
  /// `nil` when the file has none.
  public var info: MetaGraphInfo?
  /// How the graph saves and restores its variables; `nil` when it leaves that to who imports it.
  public var saver: SaverDefinition?
  public var collections: NamedValues<Collection> = [:]
  public var signatures: NamedValues<Signature> = [:]
  package var other = OtherFields()

  public init(graph: Graph = Graph()) { self.graph = graph }
}

/// Who wrote a graph.
public struct MetaGraphInfo: Equatable, Sendable {
  public var tags: [String] = []
  public var tensorflowVersion = ""
  public var tensorflowGitVersion = ""
  /// Whether attributes that have their default value were left out.
  public var hasStrippedDefaults = false
  package var other = OtherFields()

  public init() {}

  /// Forgets the signatures of the operators, which go stale when nodes are added (`stripped_op_list`).
  package mutating func removeOperatorList() { other.remove(2) }
}

/// Which versions of TensorFlow a graph is for.
public struct GraphVersions: Equatable, Sendable {
  public var producer: Int
  public var minimumConsumer: Int
  public var badConsumers: [Int]
  package var other = OtherFields()

  public init(producer: Int = 0, minimumConsumer: Int = 0, badConsumers: [Int] = []) {
    self.producer = producer
    self.minimumConsumer = minimumConsumer
    self.badConsumers = badConsumers
  }
}

/// The nodes through which a graph saves and restores its variables: `SaverDef`.
public struct SaverDefinition: Equatable, Sendable {
  /// The tensor to feed the checkpoint's name to (`save/Const:0`).
  public var filenameTensor: String
  /// The tensor to fetch to save (`save/control_dependency:0`).
  public var saveTensor: String
  /// The node to run to restore (`save/restore_all`).
  public var restoreNode: String
  public var checkpointsToKeep = 5
  public var isSharded = false
  public var hoursBetweenKept: Float = 10000
  /// 1 or 2: the checkpoint format that it writes.
  public var version = 2
  package var other = OtherFields()

  public init(filenameTensor: String, saveTensor: String, restoreNode: String) {
    self.filenameTensor = filenameTensor
    self.saveTensor = saveTensor
    self.restoreNode = restoreNode
  }
}

/// A named list that goes with a graph.
public enum Collection: Equatable, Sendable {
  /// Names: of tensors with `:k`, of operations without.
  case names([String])
  /// Encoded messages or strings; what they are, the collection's name tells.
  case bytes([[UInt8]])
  case ints([Int])
  case floats([Float])
  /// An encoded `AnyList`.
  case any([UInt8])
  /// One that says not even what kind it is.
  case none
}

/// A function that a graph offers to servers: `SignatureDef`.
public struct Signature: Equatable, Sendable {
  /// A tensor that is put in or taken out.
  public struct Tensor: Equatable, Sendable {
    /// Its name in the graph; `nil` when it is a sparse or composite tensor.
    public var name: String?
    public var type: TypeCode
    /// `nil` when the file says nothing of it.
    public var shape: PartialShape?
    package var other = OtherFields()
  }

  public var inputs: NamedValues<Tensor> = [:]
  public var outputs: NamedValues<Tensor> = [:]
  public var methodName = ""
  package var other = OtherFields()
}
