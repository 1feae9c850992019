#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

// Sizes of igzip's working memory, which its macros spell in a way that Swift does not import.
enum {
  igzip_level1_bytes = ISAL_DEF_LVL1_EXTRA_LARGE,
  igzip_level2_bytes = ISAL_DEF_LVL2_EXTRA_LARGE,
};
