// The plain way to merge prediction files in C++: every row in a std::unordered_map, every number through strtof.
//
//   merge_yardstick A.csv B.csv … >merged.csv
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <unordered_map>
#include <vector>

int main(int argc, char **argv) {
  std::ios::sync_with_stdio(false);
  std::unordered_map<std::string, std::unordered_map<int, float>> sums;
  std::vector<std::string> order;
  for (int file = 1; file < argc; file++) {
    std::ifstream input(argv[file]);
    std::string line;
    std::getline(input, line);
    while (std::getline(input, line)) {
      size_t comma = line.find(',');
      std::string id = line.substr(0, comma);
      auto row = sums.find(id);
      if (row == sums.end()) {
        order.push_back(id);
        row = sums.emplace(id, std::unordered_map<int, float>()).first;
      }
      const char *place = line.c_str() + comma + 1;
      while (*place) {
        char *end;
        int label = static_cast<int>(strtol(place, &end, 10));
        if (end == place) break;
        row->second[label] += strtof(end, &end);
        place = end;
      }
    }
  }
  std::cout << "VideoId,LabelConfidencePairs\n";
  char text[64];
  for (const std::string &id : order) {
    const auto &row = sums[id];
    std::vector<std::pair<float, int>> pairs;
    for (const auto &entry : row) pairs.emplace_back(-entry.second, entry.first);
    std::sort(pairs.begin(), pairs.end());
    if (pairs.size() > 20) pairs.resize(20);
    std::cout << id << ',';
    for (size_t index = 0; index < pairs.size(); index++) {
      snprintf(text, sizeof text, "%s%d %g", index ? " " : "", pairs[index].second, -pairs[index].first / (argc - 1));
      std::cout << text;
    }
    std::cout << '\n';
  }
}
