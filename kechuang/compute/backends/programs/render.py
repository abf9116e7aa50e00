"""Renders one frame with Blender as a module (`bpy`): a ball bearing under a sun, by Cycles.

Run as `render.py parameters.json` it leaves frame-NNNN.png. The template names `bpy` where it is
missing, with the command that installs it.
"""

import json
import math
import sys
from pathlib import Path

import bpy


def build(count: int, turn: float) -> None:
    """A ring of steel balls on a floor, a sun and a camera, in an empty scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    steel = bpy.data.materials.new("steel")
    steel.use_nodes = True
    surface = steel.node_tree.nodes["Principled BSDF"]
    surface.inputs["Metallic"].default_value = 1.0
    surface.inputs["Roughness"].default_value = 0.2
    bpy.ops.mesh.primitive_plane_add(size=40)
    for place in range(count):
        angle = 2 * math.pi * place / count + turn
        at = (2.2 * math.cos(angle), 2.2 * math.sin(angle), 0.55)
        bpy.ops.mesh.primitive_uv_sphere_add(radius=0.55, location=at, segments=48)
        bpy.ops.object.shade_smooth()
        bpy.context.object.data.materials.append(steel)
    bpy.ops.object.light_add(type="SUN", rotation=(0.7, 0.3, 0.4))
    bpy.context.object.data.energy = 4
    bpy.ops.object.camera_add(location=(0, -8, 5), rotation=(1.02, 0, 0))
    bpy.context.scene.camera = bpy.context.object


def main(asked: dict) -> None:
    frame = int(asked["first_frame"]) + int(asked["task"])
    build(asked["balls"], 0.05 * frame)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = asked["samples"]
    scene.render.resolution_x, scene.render.resolution_y = asked["width"], asked["height"]
    scene.render.filepath = str(Path(f"frame-{frame:04d}.png").resolve())
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
