"""The example model's outputs in transformers with compressed-tensors: loading, prompts, and forwards."""

import json

import torch
import transformers
from PIL import Image
from transformers import AutoTokenizer, Qwen2VLForConditionalGeneration

try:
    from transformers import Qwen2VLImageProcessorPil as ImageProcessor
except ImportError:
    from transformers import Qwen2VLImageProcessor as ImageProcessor

from halftone_runs import PICTURES

GENERATION = int(transformers.__version__.split(".")[0])
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)

# Names of halftone's sites in a language layer.
SITES = {"self_attn.q_proj": "q", "self_attn.k_proj": "k", "self_attn.v_proj": "v", "self_attn.o_proj": "o",
         "mlp.gate_proj": "gate", "mlp.up_proj": "up", "mlp.down_proj": "down"}


def load(directory, **options):
    """The directory in float32, as anybody loads it."""
    model = Qwen2VLForConditionalGeneration.from_pretrained(directory, dtype=torch.float32, **options)
    return model.eval()


def encode(directory, question, pictures):
    """Token ids and pixel values by the directory's own tokenizer, chat template and preprocessor files."""
    tokenizer = AutoTokenizer.from_pretrained(directory)
    content = [{"type": "image"} for _ in pictures] + [{"type": "text", "text": question}]
    template = json.loads((directory / "chat_template.json").read_text())["chat_template"]
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": content}], chat_template=template,
                                           tokenize=False, add_generation_prompt=True)
    if not pictures:
        return {"input_ids": tokenizer(prompt, return_tensors="pt").input_ids}
    images = [Image.open(PICTURES / name).convert("RGB") for name in pictures]
    inputs = ImageProcessor.from_pretrained(directory)(images=images, return_tensors="pt")
    pieces = prompt.split("<|image_pad|>")
    pads = ["<|image_pad|>" * (grid.prod().item() // 4) for grid in inputs["image_grid_thw"]] + [""]
    inputs["input_ids"] = tokenizer("".join(map("".join, zip(pieces, pads))), return_tensors="pt").input_ids
    if GENERATION > 4:
        inputs["mm_token_type_ids"] = (inputs["input_ids"] == tokenizer.convert_tokens_to_ids("<|image_pad|>")).int()
    return dict(inputs)


def linears(model):
    """The language model's linears by halftone's names of their sites."""
    return {f"language.{index}.{site}": layer.get_submodule(name)
            for index, layer in enumerate(model.model.language_model.layers) for name, site in SITES.items()}


def module_of(model, name):
    """The module that a tensor name of the checkpoint's older layout belongs to."""
    inner = name.removeprefix("model.") if name.startswith("model.") else ""
    return model.model.language_model.get_submodule(inner) if inner else model.model.get_submodule(name)


def forward(model, inputs):
    """Logits [tokens, vocabulary]."""
    with torch.no_grad():
        return model(**inputs).logits[0]
