import Optimization
import Terminal

@main enum Main {
  static func main() {
    SingleThread.ensure()
    Program.main(MergePredsTool.self)
  }
}
