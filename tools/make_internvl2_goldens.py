#!/usr/bin/env python3
"""Writes tests/goldens/tiny-internvl2/NAME: random checkpoints in InternVL2's layouts and what a reference makes of them.

    python3 tools/make_internvl2_goldens.py tests/goldens/tiny-internvl2 tests/goldens/images

Needs torch, transformers 5.17, tokenizers, safetensors, Pillow. Four are in the original layout, one for each language model and
between them both towers, both orders of the pixel shuffle, a tower read before its end and positions that are scaled; their
reference is the plain forward below, written from the published formulas. The fifth is in the layout of transformers and its
reference is transformers; the plain forward must agree with it on every case before anything is written.
Weights are random from a fixed seed, in bfloat16; the tokenizer is trained on the sentences below; tensors of
case-NN.safetensors are computed in float32.
"""

import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import InternVLConfig, InternVLForConditionalGeneration

HIDDEN, MID, HEADS, KV, VOCABULARY = 64, 80, 4, 2, 320
WIDTH, WIDTH_MID, TOWER_HEADS = 48, 64, 3
SENTENCES = ["What is written in the image? The sign says closed on Mondays.", "What is the difference between the images?",
             "How many triangles are there? There are three green triangles.", "You are a tiny model.\nBe brief."]
SPECIAL = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<img>", "</img>",
           "<IMG_CONTEXT>"]

IM = ("<|im_start|>{}\n", "<|im_end|>")
TEMPLATES = {"Hermes-2": (*IM, ""), "internlm2-chat": (*IM, ""), "phi3-chat": ("<|{}|>\n", "<|end|>", ""),
             "internvl2_5": (*IM, "\n"), None: (*IM, "\n")}
CASES = [(["scene-112.png"], "What is written in the image?"),
         (["jpeg-baseline-422-odd.jpg", "tall-61x333.png"], "What is the difference?"),
         ([], "How many triangles are there?")]


def language(kind, **more):
    return {"architectures": [kind], "hidden_size": HIDDEN, "intermediate_size": MID, "num_attention_heads": HEADS,
            "num_key_value_heads": KV, "num_hidden_layers": 2, "vocab_size": VOCABULARY, "rms_norm_eps": 1e-6,
            "hidden_act": "silu", "max_position_embeddings": 512, "tie_word_embeddings": False, **more}


def tower(norm="layer_norm", layers=2, image=56):
    return {"model_type": "intern_vit_6b", "hidden_size": WIDTH, "intermediate_size": WIDTH_MID, "num_hidden_layers": layers,
            "num_attention_heads": TOWER_HEADS, "patch_size": 14, "image_size": image, "norm_type": norm,
            "qk_normalization": norm == "rms_norm", "qkv_bias": norm == "layer_norm", "layer_norm_eps": 1e-6,
            "hidden_act": "gelu"}


def original(llm, vision, **more):
    return {"architectures": ["InternVLChatModel"], "model_type": "internvl_chat", "llm_config": llm, "vision_config": vision,
            "downsample_ratio": 0.5, "dynamic_image_size": True, "use_thumbnail": True, "min_dynamic_patch": 1,
            "max_dynamic_patch": 2, "select_layer": -1, "ps_version": "v2", "force_image_size": 56, "torch_dtype": "bfloat16",
            **more}


FACTORS = {"type": "su", "short_factor": [1.0 + 0.1 * i for i in range(8)], "long_factor": [2.0 + i for i in range(8)]}
MODELS = {
    "qwen2": original(language("Qwen2ForCausalLM", rope_theta=1e6), tower(), template="Hermes-2", system_message="Be brief."),
    "internlm2": original(language("InternLM2ForCausalLM", bias=False, rope_theta=1e6,
                                   rope_scaling={"type": "dynamic", "factor": 2.0}), tower(layers=3),
                          template="internlm2-chat", select_layer=-2, system_message="Be brief."),
    "phi3": original(language("Phi3ForCausalLM", rope_theta=1e4, rope_scaling=FACTORS, num_key_value_heads=HEADS,
                              original_max_position_embeddings=256), tower(image=84), template="phi3-chat",
                     ps_version="v1", system_message="Be brief."),
    "rms_tower": original(language("LlamaForCausalLM", rope_theta=5e6), tower("rms_norm"), template="internvl2_5",
                          system_message="You are a tiny model."),
    "hf": {"architectures": ["InternVLForConditionalGeneration"], "model_type": "internvl", "downsample_ratio": 0.5,
           "projector_hidden_act": "gelu", "image_seq_length": 4, "vision_feature_layer": -1,
           "vision_feature_select_strategy": "default", "tie_word_embeddings": False, "torch_dtype": "bfloat16",
           "text_config": {**language("Qwen2ForCausalLM", rope_theta=1e6), "model_type": "qwen2"},
           "vision_config": {"model_type": "internvl_vision", "hidden_size": WIDTH, "intermediate_size": WIDTH_MID,
                             "num_hidden_layers": 2, "num_attention_heads": TOWER_HEADS, "patch_size": [14, 14],
                             "image_size": [56, 56], "norm_type": "layer_norm", "use_qk_norm": False, "attention_bias": True,
                             "layer_norm_eps": 1e-6, "hidden_act": "gelu", "use_mean_pooling": True,
                             "use_absolute_position_embeddings": True}},
}


# ---- tokenizer and pictures

def make_tokenizer(begins):
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words.train_from_iterator(SENTENCES, trainers.BpeTrainer(vocab_size=VOCABULARY - 16, show_progress=False,
                                                             initial_alphabet=alphabet))
    words.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    if begins:
        words.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", words.token_to_id("<s>"))])
    return words


def tiles_of(picture, tile, limit):
    """The published tiling: the grid whose aspect ratio is nearest; of equal ones the larger, if the picture fills half of it."""
    width, height = picture.size
    grids = sorted({(i, j) for i in range(1, limit + 1) for j in range(1, limit + 1) if i * j <= limit}, key=lambda g: g[0] * g[1])
    best, nearest = (1, 1), float("inf")
    for grid in grids:
        distance = abs(width / height - grid[0] / grid[1])
        if distance < nearest or (distance == nearest and width * height > 0.5 * tile * tile * grid[0] * grid[1]):
            best, nearest = grid, distance
    whole = picture.resize((tile * best[0], tile * best[1]), Image.BICUBIC)
    parts = [whole.crop((x * tile, y * tile, (x + 1) * tile, (y + 1) * tile)) for y in range(best[1]) for x in range(best[0])]
    return parts + ([picture.resize((tile, tile), Image.BICUBIC)] if len(parts) > 1 else [])


def pixels_of(parts):
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    stacked = [torch.frombuffer(bytearray(part.tobytes()), dtype=torch.uint8).view(*part.size[::-1], 3) for part in parts]
    return ((torch.stack(stacked).float() / 255 - mean) / std).permute(0, 3, 1, 2).contiguous()


# ---- the plain forward, on tensors by their original names

def rms(x, gain, eps):
    return gain * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps))


def heads_of(x, count):
    return x.view(*x.shape[:-1], count, -1).transpose(-3, -2)


def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    return ((scores if mask is None else scores + mask).softmax(-1) @ v).transpose(-3, -2).flatten(-2)


def positions_of(table, stored, wanted):
    if stored == wanted:
        return table
    grid = table[:, 1:].view(1, stored, stored, -1).permute(0, 3, 1, 2)
    scaled = F.interpolate(grid, size=(wanted, wanted), mode="bicubic", align_corners=False)
    return torch.cat([table[:, :1], scaled.flatten(2).transpose(1, 2)], 1)


def vision_layer(w, v, p, x):
    def norm(x, name):
        if v["norm_type"] == "rms_norm":
            return rms(x, w[f"{p}{name}.weight"], v["layer_norm_eps"])
        return F.layer_norm(x, x.shape[-1:], w[f"{p}{name}.weight"], w[f"{p}{name}.bias"], v["layer_norm_eps"])
    q, k, value = F.linear(norm(x, "norm1"), w[p + "attn.qkv.weight"], w.get(p + "attn.qkv.bias")).chunk(3, -1)
    if v["qk_normalization"]:
        q, k = (rms(y, w[f"{p}attn.{n}_norm.weight"], v["layer_norm_eps"]) for y, n in ((q, "q"), (k, "k")))
    mixed = attend(*(heads_of(y, v["num_attention_heads"]) for y in (q, k, value)))
    x = x + w[p + "ls1"] * F.linear(mixed, w[p + "attn.proj.weight"], w[p + "attn.proj.bias"])
    mid = F.gelu(F.linear(norm(x, "norm2"), w[p + "mlp.fc1.weight"], w[p + "mlp.fc1.bias"]))
    return x + w[p + "ls2"] * F.linear(mid, w[p + "mlp.fc2.weight"], w[p + "mlp.fc2.bias"])


def image_features(w, config, pixels, seen):
    v, e = config["vision_config"], "vision_model.embeddings."
    x = F.conv2d(pixels, w[e + "patch_embedding.weight"], w[e + "patch_embedding.bias"], stride=14).flatten(2).transpose(1, 2)
    x = torch.cat([w[e + "class_embedding"].expand(x.shape[0], 1, -1), x], 1)
    x = x + positions_of(w[e + "position_embedding"], v["image_size"] // 14, pixels.shape[-1] // 14)
    seen["vision.patch_embed"] = x
    states = [x]
    for i in range(v["num_hidden_layers"]):
        states.append(vision_layer(w, v, f"vision_model.encoder.layers.{i}.", states[-1]))
    run = range(len(states))[config["select_layer"]]
    seen.update({f"vision.block.{i}": states[i + 1] for i in range(run)})
    x = states[run][:, 1:]
    n, side, c = x.shape[0], math.isqrt(x.shape[1]), x.shape[2]
    x = x.reshape(n, side, side // 2, c * 2).permute(0, 2, 1, 3).reshape(n, side // 2, side // 2, c * 4)
    if config["ps_version"] == "v2":
        x = x.permute(0, 2, 1, 3)
    x = F.layer_norm(x.reshape(n, -1, c * 4), (c * 4,), w["mlp1.0.weight"], w["mlp1.0.bias"], 1e-5)
    x = F.gelu(F.linear(x, w["mlp1.1.weight"], w["mlp1.1.bias"]))
    seen["image_features"] = F.linear(x, w["mlp1.3.weight"], w["mlp1.3.bias"])
    return seen["image_features"]


def rope_of(config, length):
    head = config["hidden_size"] // config["num_attention_heads"]
    scaling, factor, amplitude = config.get("rope_scaling") or {}, 1.0, 1.0
    if scaling.get("type") == "su":
        first = config["original_max_position_embeddings"]
        assert length <= first
        factor = torch.tensor(scaling["short_factor"])
        amplitude = math.sqrt(1 + math.log(config["max_position_embeddings"] / first) / math.log(first))
    inverse = 1.0 / (factor * config["rope_theta"] ** (torch.arange(0, head, 2).float() / head))
    angles = torch.outer(torch.arange(length).float(), inverse).repeat(1, 2)
    return angles.cos() * amplitude, angles.sin() * amplitude


def rotated(x, rope):
    half = x.shape[-1] // 2
    return x * rope[0] + torch.cat([-x[..., half:], x[..., :half]], -1) * rope[1]


def queries_keys_values(w, p, config, x):
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    if p + "attention.wqkv.weight" in w:  # each group: its queries, its key, its value
        group = heads // kv
        y = F.linear(x, w[p + "attention.wqkv.weight"]).view(len(x), kv, group + 2, -1)
        return y[:, :, :group].flatten(1, 2).transpose(0, 1), y[:, :, group].transpose(0, 1), y[:, :, group + 1].transpose(0, 1)
    if p + "self_attn.qkv_proj.weight" in w:
        q, k, v = F.linear(x, w[p + "self_attn.qkv_proj.weight"]).chunk(3, -1)
    else:
        q, k, v = (F.linear(x, w[f"{p}self_attn.{n}_proj.weight"], w.get(f"{p}self_attn.{n}_proj.bias")) for n in "qkv")
    return heads_of(q, heads), heads_of(k, kv), heads_of(v, kv)


def gate_and_up(w, p, x):
    if p + "mlp.gate_up_proj.weight" in w:
        return F.linear(x, w[p + "mlp.gate_up_proj.weight"]).chunk(2, -1)
    names = ("feed_forward.w1", "feed_forward.w3") if p + "feed_forward.w1.weight" in w else ("mlp.gate_proj", "mlp.up_proj")
    return (F.linear(x, w[f"{p}{name}.weight"]) for name in names)


def any_of(w, *names):
    return next(w[name + ".weight"] for name in names if name + ".weight" in w)


def decoder_layer(w, p, config, x, rope, mask):
    eps, groups = config["rms_norm_eps"], config["num_attention_heads"] // config["num_key_value_heads"]
    normal = rms(x, any_of(w, p + "attention_norm", p + "input_layernorm"), eps)
    q, k, v = queries_keys_values(w, p, config, normal)
    k, v = (y.repeat_interleave(groups, 0) for y in (rotated(k, rope), v))
    x = x + F.linear(attend(rotated(q, rope), k, v, mask), any_of(w, p + "attention.wo", p + "self_attn.o_proj"))
    gate, up = gate_and_up(w, p, rms(x, any_of(w, p + "ffn_norm", p + "post_attention_layernorm"), eps))
    return x + F.linear(F.silu(gate) * up, any_of(w, p + "feed_forward.w2", p + "mlp.down_proj"))


def plain_forward(w, config, ids, pixels, image_token, seen):
    m, text = "language_model.model.", config["llm_config"]
    x = any_of(w, m + "tok_embeddings", m + "embed_tokens")[ids[0]].clone()
    if pixels is not None:
        x[ids[0] == image_token] = image_features(w, config, pixels, seen).flatten(0, 1)
    seen["language.embeds"] = x[None]
    rope, mask = rope_of(text, len(x)), torch.full((len(x), len(x)), float("-inf")).triu(1)
    for i in range(text["num_hidden_layers"]):
        x = decoder_layer(w, f"{m}layers.{i}.", text, x, rope, mask)
        seen[f"language.block.{i}"] = x[None]
    seen["language.norm"] = rms(x, w[m + "norm.weight"], text["rms_norm_eps"])[None]
    return F.linear(seen["language.norm"], any_of(w, "language_model.output", "language_model.lm_head"))


# ---- weights

def shapes_of(config):
    """Names and shapes of the original layout."""
    text, v, grid = config["llm_config"], config["vision_config"], config["vision_config"]["image_size"] // 14
    qkv = HIDDEN + 2 * HIDDEN // HEADS * text["num_key_value_heads"]
    shapes = {"vision_model.embeddings." + k: s for k, s in {
        "class_embedding": (1, 1, WIDTH), "position_embedding": (1, grid * grid + 1, WIDTH),
        "patch_embedding.weight": (WIDTH, 3, 14, 14), "patch_embedding.bias": (WIDTH,)}.items()}
    tower_layer = {"norm1": (WIDTH,), "norm2": (WIDTH,), "attn.qkv": (3 * WIDTH, WIDTH), "attn.proj": (WIDTH, WIDTH),
                   "mlp.fc1": (WIDTH_MID, WIDTH), "mlp.fc2": (WIDTH, WIDTH_MID)}
    for i in range(v["num_hidden_layers"]):
        p = f"vision_model.encoder.layers.{i}."
        for name, shape in tower_layer.items():
            shapes[f"{p}{name}.weight"] = shape
            no_bias = v["norm_type"] == "rms_norm" and name in ("norm1", "norm2", "attn.qkv")
            if not no_bias:
                shapes[f"{p}{name}.bias"] = shape[:1]
        shapes.update({p + "ls1": (WIDTH,), p + "ls2": (WIDTH,)})
        if v["qk_normalization"]:
            shapes.update({p + "attn.q_norm.weight": (WIDTH,), p + "attn.k_norm.weight": (WIDTH,)})
    for name, shape in {"0": (4 * WIDTH,), "1": (HIDDEN, 4 * WIDTH), "3": (HIDDEN, HIDDEN)}.items():
        shapes.update({f"mlp1.{name}.weight": shape, f"mlp1.{name}.bias": shape[:1]})
    kind, kv = text["architectures"][0], (qkv - HIDDEN) // 2
    plain = {"self_attn.q_proj": (HIDDEN, HIDDEN), "self_attn.k_proj": (kv, HIDDEN), "self_attn.v_proj": (kv, HIDDEN),
             "self_attn.o_proj": (HIDDEN, HIDDEN), "mlp.gate_proj": (MID, HIDDEN), "mlp.up_proj": (MID, HIDDEN),
             "mlp.down_proj": (HIDDEN, MID), "input_layernorm": (HIDDEN,), "post_attention_layernorm": (HIDDEN,)}
    layer = {"InternLM2ForCausalLM": {
        "attention.wqkv": (qkv, HIDDEN), "attention.wo": (HIDDEN, HIDDEN), "feed_forward.w1": (MID, HIDDEN),
        "feed_forward.w3": (MID, HIDDEN), "feed_forward.w2": (HIDDEN, MID), "attention_norm": (HIDDEN,), "ffn_norm": (HIDDEN,)},
        "Phi3ForCausalLM": {"self_attn.qkv_proj": (qkv, HIDDEN), "mlp.gate_up_proj": (2 * MID, HIDDEN),
                            **{k: s for k, s in plain.items() if k.split(".")[-1] in (
                                "o_proj", "down_proj", "input_layernorm", "post_attention_layernorm")}}}.get(kind, plain)
    m, internlm2 = "language_model.model.", kind == "InternLM2ForCausalLM"
    for i in range(text["num_hidden_layers"]):
        shapes.update({f"{m}layers.{i}.{name}.weight": shape for name, shape in layer.items()})
        if kind == "Qwen2ForCausalLM":
            shapes.update({f"{m}layers.{i}.self_attn.{n}_proj.bias": plain[f"self_attn.{n}_proj"][:1] for n in "qkv"})
    ends = ("tok_embeddings", "output") if internlm2 else ("embed_tokens", "lm_head")
    shapes.update({f"{m}{ends[0]}.weight": (VOCABULARY, HIDDEN), f"{m}norm.weight": (HIDDEN,),
                   f"language_model.{ends[1]}.weight": (VOCABULARY, HIDDEN)})
    return shapes


def random_weight(name, shape, generator):
    """Norm gains about 1, biases and tables about 0, layer scales not small, matrices so that every layer matters."""
    noise = torch.randn(shape, generator=generator)
    gain = "norm" in name or name.startswith("mlp1.0") or ".ls" in name or "lambda" in name or "layer_norm" in name
    if gain and not name.endswith("bias"):
        value = 1 + 0.2 * noise
    elif len(shape) == 1 or "embed" in name and "patch" not in name:
        value = 0.3 * noise
    else:
        value = noise * 1.2 / noise[0].numel() ** 0.5
    return value.to(torch.bfloat16).float()


TO_ORIGINAL = [("model.vision_tower.", "vision_model."), ("encoder.layer.", "encoder.layers."), ("cls_token", "class_embedding"),
               ("patch_embeddings.projection", "patch_embedding"), ("position_embeddings", "position_embedding"),
               ("attention.projection_layer", "attn.proj"), ("layernorm_before", "norm1"), ("layernorm_after", "norm2"),
               ("lambda_", "ls"), ("model.multi_modal_projector.layer_norm", "mlp1.0"), ("lm_head", "language_model.lm_head"),
               ("model.multi_modal_projector.linear_1", "mlp1.1"), ("model.multi_modal_projector.linear_2", "mlp1.3"),
               ("model.language_model.", "language_model.model.")]


def to_original(weights, config):
    """Weights and config of the new layout as the original's."""
    out = {}
    for name, value in weights.items():
        for new, old in TO_ORIGINAL:
            name = name.replace(new, old)
        out[name] = value
    for key in [key for key in out if ".attention.q_proj." in key]:
        parts = [out.pop(key.replace("q_proj", f"{n}_proj")) for n in "qkv"]
        out[key.replace("attention.q_proj", "attn.qkv")] = torch.cat(parts)
    return out, original(config["text_config"], tower())


# ---- cases

def written(template, system, pictures, tokens, question):
    role, end, separator = TEMPLATES[template]
    turn = lambda name, text: role.format(name) + text + end + separator
    label = lambda i: f"Image-{i + 1}: " if template and len(pictures) > 1 else ""
    shown = "".join(f"{label(i)}<img>{'<IMG_CONTEXT>' * n}</img>\n" for i, n in enumerate(tokens))
    return (turn("system", system) if system else "") + turn("user", shown + question) + role.format("assistant")


def save_model(folder, config, weights, words):
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.to(torch.bfloat16).contiguous() for name, value in weights.items()}, folder / "model.safetensors",
              metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n")
    (folder / "tokenizer.json").write_text(words.to_str(pretty=False) + "\n")
    if config["model_type"] == "internvl":
        image = {"size": {"height": 56, "width": 56}, "min_patches": 1, "max_patches": 2, "resample": 3,
                 "crop_to_patches": False, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
                 "image_processor_type": "GotOcr2ImageProcessorFast"}
        (folder / "preprocessor_config.json").write_text(json.dumps(image, indent=1) + "\n")


def run_model(folder, config, images, seed):
    words = make_tokenizer(begins=config.get("template") in ("internlm2-chat", "phi3-chat"))
    image_token = words.token_to_id("<IMG_CONTEXT>")
    generator = torch.Generator().manual_seed(seed)
    reference = None
    if config["model_type"] == "internvl":
        config = {**config, "image_token_id": image_token}
        reference = InternVLForConditionalGeneration._from_config(InternVLConfig(**config), attn_implementation="eager").float().eval()
        weights = {k: random_weight(k, v.shape, generator) for k, v in reference.state_dict().items()}
        reference.load_state_dict(weights)
        plain, plain_config = to_original(weights, config)
    else:
        weights = {k: random_weight(k, s, generator) for k, s in shapes_of(config).items()}
        plain, plain_config = weights, config
    save_model(folder, config, weights, words)
    system = config.get("system_message")
    cases = []
    for number, (pictures, question) in enumerate(CASES):
        parts = [tiles_of(Image.open(images / name).convert("RGB"), 56, 2) for name in pictures]
        prompt = written(config.get("template"), system, pictures, [4 * len(p) for p in parts], question)
        ids = torch.tensor([words.encode(prompt).ids])
        pixels = pixels_of([tile for p in parts for tile in p]) if parts else None
        tensors, seen = {"input_ids": ids, "position_ids": torch.arange(ids.shape[1])[None]}, {}
        tensors["logits"] = plain_forward(plain, plain_config, ids, pixels, image_token, seen)
        if reference is not None:
            with torch.no_grad():
                theirs = reference(input_ids=ids, pixel_values=pixels).logits
            worst = (theirs - tensors["logits"]).abs().max().item()
            print(f"{folder.name} case {number}: plain forward and transformers differ by {worst:.2e}")
            assert worst < 5e-5
            tensors["logits"] = theirs
        if pixels is not None and (number == 0 or folder.name == "qwen2"):
            tensors["pixel_values"] = pixels
        if number == 0:
            tensors.update(seen)
        save_file({name: value.contiguous() for name, value in tensors.items()}, folder / f"case-{number:02}.safetensors")
        cases.append({"case": number, "images": pictures, "question": question, "prompt": prompt})
    (folder / "cases.json").write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n")


def main():
    out, images = Path(sys.argv[1]), Path(sys.argv[2])
    for seed, (name, config) in enumerate(MODELS.items()):
        run_model(out / name, config, images, 20 + seed)


if __name__ == "__main__":
    main()
