// A conversation written out as a model was trained to read it. The template is data: a family fills a
// ChatFormat.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

// Everything that differs between chat templates. An empty string means that nothing is written there.
struct ChatFormat {
  struct Role {
    std::string prefix;     // opens a turn
    std::string suffix;     // ends it; an assistant's is learned with its answer
    std::string separator;  // between this turn and the next; never learned
  };
  std::string default_system;  // a first system turn for conversations that begin without one
  Role system, user, assistant;
  std::string generation_prefix;  // the opened turn of the assistant, behind the last turn

  // One picture is open, token * n, close. Before the turn's first text its label stands in front of it and
  // after_image behind it; a picture inside the text is set into it and no more.
  std::string image_label;  // "{}" is the picture's number from 1; only where several pictures are shown
  std::string image_open, image_token, image_close, after_image;
  bool images_first = false;  // all pictures of a turn before its text, wherever they stood

  std::string after_text;   // behind every text of a turn, but of a role that has a suffix
  bool strip_text = false;  // white space at the two ends of a turn is dropped
};

// The turns of ChatML: "<|im_start|>user\n", the text, "<|im_end|>", and the separator.
ChatFormat chatml(const std::string& separator);

// A text, or the picture with this index.
struct ContentItem {
  std::string text;
  int picture = -1;
};

struct ChatTurn {
  std::string role;  // "system", "user" or "assistant"
  std::vector<ContentItem> content;
};

// A part of the written conversation.
struct ChatPiece {
  std::string text;
  bool special = true;  // written by the template: added tokens are recognised in it
  bool answer = false;  // what a model is trained to say: an assistant's text and the suffix behind it
  int picture = -1;     // open, tokens and close of this picture
};

// Writes a conversation out. `tokens_per_picture` holds one count for each picture of the conversation. With
// `generation_prompt` the assistant's next turn is opened. Throws Error(input) for a role that is not known,
// and unless every picture is shown exactly once.
std::vector<ChatPiece> render(const ChatFormat& format, std::span<const ChatTurn> turns,
                              std::span<const std::int64_t> tokens_per_picture, bool generation_prompt);

// Where the markers of conversation JSON go when they become pictures.
enum class MarkerPlace {
  as_written,  // among the text; a line break behind a marker before all text is left to the template
  front,       // pictures first; what is left of the text loses the white space at its ends
};

// The content of a text in which every `marker` (for example "<image>") stands for one picture, numbered on
// from `next_picture`, which is advanced. Texts that are empty are left out.
std::vector<ContentItem> parse_markers(std::string_view text, std::string_view marker, MarkerPlace place,
                                       int& next_picture);

// The role of a conversation JSON's "from": "human" is "user", "gpt" is "assistant", others stay.
std::string role_of_speaker(const std::string& from);

}  // namespace halftone
