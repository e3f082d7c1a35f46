"""Our environments for Gymnasium. Importing this registers them:

``wann/CartPoleSwingUp-v0``: `wann.tasks.for_gymnasium.swingup.CartPoleSwingUpEnv`.

``gymnasium.make("wann.tasks.for_gymnasium:wann/CartPoleSwingUp-v0")`` imports it by itself.

Raises:
    MissingExtraError: Gymnasium is not installed; the extra ``gym`` brings it.
"""

from wann.errors import MissingExtraError

try:
    import gymnasium as _gymnasium
except ModuleNotFoundError as error:
    if error.name != "gymnasium":
        raise
    raise MissingExtraError("wann.tasks.for_gymnasium", "gym") from None

_gymnasium.register(
    id="wann/CartPoleSwingUp-v0",
    entry_point="wann.tasks.for_gymnasium.swingup:CartPoleSwingUpEnv",
    max_episode_steps=1000,
)
