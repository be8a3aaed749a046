// What the older tokenizer files leave to code: the classes that tokenizer_config.json names, as data. The
// names are those of the field's files, as they stand there.
#pragma once

#include <string>

namespace halftone {

// How a class that ships vocab.json and merges.txt normalizes (NFC) and splits its words, as the regular
// expression of a Split step; a ByteLevel step follows. Throws Error(unsupported) for a class not known here;
// `origin` is the file that names it.
std::string byte_level_split(const std::string& tokenizer_class, const std::string& origin);

// Whether a class that ships tokenizer.model puts its first token in front of every text when its config does
// not say. Throws as above.
bool adds_bos_by_default(const std::string& tokenizer_class, const std::string& origin);

}  // namespace halftone
